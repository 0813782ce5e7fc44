"""Tell holiday notices to the other services, and let a wrong one be withdrawn.

Revision: 0035, after 0034. A source may be loaded again once its first load is withdrawn.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLE = "calendar_notice"


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column(
            "withdrawn_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="撤回时间；此后不计",
        ),
    )
    op.add_column(
        TABLE, sa.Column("withdrawal_reason", sa.Text(), nullable=True, comment="撤回理由")
    )
    op.create_check_constraint(
        op.f("ck_calendar_notice_withdrawn_with_reason"),
        TABLE,
        "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
    )
    op.drop_index("uq_calendar_notice_source", table_name=TABLE)
    op.create_index(
        "uq_calendar_notice_source",
        TABLE,
        ["source"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id)"
        " SELECT 'calendar_notice', id FROM calendar_notice"
    )


def downgrade() -> None:
    op.drop_index("uq_calendar_notice_source", table_name=TABLE)
    op.create_index("uq_calendar_notice_source", TABLE, ["source"], unique=True)
    op.drop_constraint(op.f("ck_calendar_notice_withdrawn_with_reason"), TABLE, type_="check")
    op.drop_column(TABLE, "withdrawal_reason")
    op.drop_column(TABLE, "withdrawn_at")

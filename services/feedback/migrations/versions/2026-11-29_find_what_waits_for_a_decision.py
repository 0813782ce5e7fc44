"""Find what waits for a decision: whether a case is handed over, whether it is sent back.

A send-back that was asked for before its case was answered is over, and counts as asked.

Revision: 0040, after 0039.
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE case_order SET is_send_back_asked = false, send_backs = send_backs + 1"
        " WHERE is_send_back_asked"
        " AND status NOT IN ('received', 'accepted', 'in_progress', 'paused', 'reopened')"
    )
    op.create_index(
        "ix_case_order_undecided",
        "case_order",
        ["area_code", "id"],
        unique=False,
        postgresql_where="boundary IS NOT NULL AND handed_over_to IS NULL",
    )
    op.create_index(
        "ix_case_order_send_back",
        "case_order",
        ["area_code", "id"],
        unique=False,
        postgresql_where="is_send_back_asked",
    )


def downgrade() -> None:
    op.drop_index(
        "ix_case_order_send_back", table_name="case_order", postgresql_where="is_send_back_asked"
    )
    op.drop_index(
        "ix_case_order_undecided",
        table_name="case_order",
        postgresql_where="boundary IS NOT NULL AND handed_over_to IS NULL",
    )

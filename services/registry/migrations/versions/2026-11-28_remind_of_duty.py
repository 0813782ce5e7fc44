"""Keep reminders of open hours ahead that nobody covers.

Revision: 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "duty_reminder",
        sa.Column("venue_id", sa.Uuid(), nullable=False, comment="载体"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False, comment="载体所在区划 12 位代码"),
        sa.Column(
            "first_gap_at", sa.DateTime(timezone=True), nullable=False, comment="最早的缺岗时刻"
        ),
        sa.Column(
            "uncovered_minutes", sa.Integer(), nullable=False, comment="提醒期内无人在岗的分钟"
        ),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False, comment="提醒时间"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="了结时间"),
        sa.CheckConstraint(
            "uncovered_minutes > 0", name=op.f("ck_duty_reminder_uncovered_minutes")
        ),
        sa.CheckConstraint(
            "settled_at >= raised_at", name=op.f("ck_duty_reminder_settled_at_after_raised_at")
        ),
        sa.PrimaryKeyConstraint("venue_id", "id", name=op.f("pk_duty_reminder")),
        comment="缺岗提醒：未来开放时间无人在岗，补齐后即了结",
    )
    op.create_index(
        "uq_duty_reminder_open", "duty_reminder", ["venue_id"], unique=True, postgresql_where=OPEN
    )
    op.create_index(
        "ix_duty_reminder_area_code", "duty_reminder", ["area_code", "id"], postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_table("duty_reminder")

"""End accepted referrals of which nobody tells what came.

Revision: 0029, after 0028. None ends before three weeks have passed since a reminder, so the release
before does not meet the new state while both run.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BEFORE = (
    *("held", "waitlisted", "accepted", "declined", "expired", "withdrawn", "handed_over"),
    *("served", "no_show"),
)
INDEXES = {
    "ix_referral_unreminded": ("session_on", "status = 'accepted' AND reminded_at IS NULL"),
    "ix_referral_reminded": ("reminded_at", "status = 'accepted' AND reminded_at IS NOT NULL"),
}


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(
        "referral", sa.Column("reminded_at", moment, nullable=True, comment="催报结果的时间")
    )
    op.add_column(
        "referral",
        sa.Column("untold_at", moment, nullable=True, comment="逾期未报结果而结束的时间"),
    )
    op.add_column(
        "referral",
        sa.Column(
            "is_served_says_resident", sa.Boolean(), nullable=True, comment="居民称是否已服务"
        ),
    )
    _allow((*BEFORE, "untold"))
    for name, (first, where) in INDEXES.items():
        op.create_index(name, "referral", [first, "id"], postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="referral")
    op.execute("UPDATE referral SET status = 'accepted' WHERE status = 'untold'")
    _allow(BEFORE)
    for column in ("is_served_says_resident", "untold_at", "reminded_at"):
        op.drop_column("referral", column)


def _allow(words: tuple[str, ...]) -> None:
    listed = ", ".join(words)
    op.execute(
        "ALTER TABLE referral DROP CONSTRAINT ck_referral_status,"
        f" ADD CONSTRAINT ck_referral_status CHECK (status = ANY ('{{{listed}}}'::text[]))"
    )

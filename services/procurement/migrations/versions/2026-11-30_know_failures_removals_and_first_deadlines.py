"""Know when a purchase failed, who was removed from a framework, and when first bids were due.

Revision: 0046, after 0045. Of what was before, the last change stands for the failure, and the
opening, which comes soon after it, for the deadline that final offers took the place of. Who left a
framework whose award stands was removed: what is evaluated anew, ended or not announced yet takes
back the awards of all.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tender",
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True, comment="废标时间"),
    )
    op.add_column(
        "tender",
        sa.Column(
            "first_period_end_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="首次响应截止；要求最后报价后才有",
        ),
    )
    op.add_column(
        "award",
        sa.Column(
            "removed_at", sa.DateTime(timezone=True), nullable=True, comment="清退出框架的时间"
        ),
    )
    op.execute("UPDATE tender SET failed_at = updated_at WHERE step = 'unsuccessful'")
    op.execute("UPDATE tender SET first_period_end_at = opened_at WHERE stage > 1")
    op.execute(
        "UPDATE award a SET removed_at = a.cancelled_at FROM tender t"
        " WHERE t.id = a.tender_id AND a.is_shared AND a.status = 'cancelled'"
        " AND a.announced_at IS NOT NULL AND a.round = t.round"
        " AND t.step IN ('tendering', 'announced')"
    )


def downgrade() -> None:
    op.drop_column("award", "removed_at")
    op.drop_column("tender", "first_period_end_at")
    op.drop_column("tender", "failed_at")

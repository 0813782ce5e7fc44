"""Let closed frameworks be topped up, and purchases be kept for small firms.

Revision: 0022, after 0021.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tender",
        sa.Column("top_up_of_id", sa.Uuid(), nullable=True, comment="补充征集所补的框架协议"),
    )
    op.add_column(
        "tender",
        sa.Column("top_up_reason", sa.Text(), nullable=True, comment="补充征集的理由，公开"),
    )
    op.add_column(
        "tender",
        sa.Column(
            "small_firm_reserve", sa.Text(), nullable=True, comment="中小企业预留，或不预留的情形"
        ),
    )
    op.create_check_constraint(
        op.f("ck_tender_small_firm_reserve"),
        "tender",
        "small_firm_reserve IN ('reserved', 'part', 'social_organisations', 'irreplaceable', 'no_competition', 'other')",
    )
    op.create_check_constraint(
        op.f("ck_tender_top_up_has_a_reason"),
        "tender",
        "(top_up_of_id IS NULL) = (top_up_reason IS NULL)",
    )
    op.create_index(
        "ix_tender_top_up_of_id",
        "tender",
        ["top_up_of_id"],
        unique=False,
        postgresql_where="top_up_of_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_tender_top_up_of_id", table_name="tender")
    op.drop_column("tender", "small_firm_reserve")
    op.drop_column("tender", "top_up_reason")
    op.drop_column("tender", "top_up_of_id")

"""Negotiate with the two whom a failed open tender left, and say why an intention came late.

Revision: 0026, after 0025.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

COLUMNS = (
    ("failed_tender_id", sa.Uuid(), "只剩两家而废标的原公开招标"),
    ("failed_ocid", sa.Text(), "原公开招标的 OCDS 编号"),
    ("intention_waiver", sa.Text(), "意向未按时公开的理由，公开"),
)


def upgrade() -> None:
    for name, kind, comment in COLUMNS:
        op.add_column("tender", sa.Column(name, kind, nullable=True, comment=comment))
    op.create_check_constraint(
        op.f("ck_tender_second_try_is_approved"),
        "tender",
        "(failed_tender_id IS NULL) = (failed_ocid IS NULL) AND (failed_tender_id IS NULL"
        " OR (method = 'negotiation' AND approval_number IS NOT NULL))",
    )
    op.create_index(
        "uq_tender_failed_tender_id",
        "tender",
        ["failed_tender_id"],
        unique=True,
        postgresql_where="step NOT IN ('cancelled', 'unsuccessful')",
    )


def downgrade() -> None:
    op.drop_index("uq_tender_failed_tender_id", table_name="tender")
    for name, *_ in COLUMNS:
        op.drop_column("tender", name)

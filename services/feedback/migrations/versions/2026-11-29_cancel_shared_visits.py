"""Cancel shared visits: the year of a body is free again for another one.

Revision: 0050, after 0049.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

ADDED = (
    ("cancelled_at", sa.DateTime(timezone=True), "取消时间"),
    ("cancel_reason", sa.Text(), "取消的公开理由"),
)
TOLD = "ck_assessment_visit_cancelled_with_reason"
UNIQUE = "uq_assessment_visit_subject_id_year"


def upgrade() -> None:
    for column, kind, comment in ADDED:
        op.add_column("assessment_visit", sa.Column(column, kind, nullable=True, comment=comment))
    op.create_check_constraint(
        op.f(TOLD), "assessment_visit", "(cancelled_at IS NULL) = (cancel_reason IS NULL)"
    )
    op.create_index(
        "uq_assessment_visit_of_year",
        "assessment_visit",
        ["subject_id", "year"],
        unique=True,
        postgresql_where=sa.text("cancelled_at IS NULL"),
    )
    op.drop_constraint(op.f(UNIQUE), "assessment_visit", type_="unique")


def downgrade() -> None:
    op.execute("DELETE FROM assessment_visit WHERE cancelled_at IS NOT NULL")
    op.create_unique_constraint(op.f(UNIQUE), "assessment_visit", ["subject_id", "year"])
    op.drop_index("uq_assessment_visit_of_year", table_name="assessment_visit")
    op.drop_constraint(op.f(TOLD), "assessment_visit", type_="check")
    for column, _, _ in ADDED:
        op.drop_column("assessment_visit", column)

"""Let what is over be forgotten.

Revision: 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_SUMMARY = "ck_case_plan_closed_with_summary"
_OUTCOME = "ck_case_plan_closed_with_outcome"
_ENDED = "(status = 'closed') = (outcome IS NOT NULL) AND (outcome IS NULL) = (closed_at IS NULL)"
_COMMENTS = {
    "goals": ("目标，密文", "目标，密文；结案后按期清除"),
    "summary": ("结案小结，密文", "结案小结，密文；按期清除"),
}


def upgrade() -> None:
    for name, table, column, where in _INDEXES:
        op.create_index(name, table, column, unique=False, postgresql_where=sa.text(where))
    op.drop_constraint(op.f(_SUMMARY), "case_plan")
    op.create_check_constraint(op.f(_OUTCOME), "case_plan", _ENDED)
    op.create_check_constraint(
        op.f(_SUMMARY),
        "case_plan",
        "CASE WHEN outcome IS NULL THEN goals IS NOT NULL AND summary IS NULL"
        " ELSE (goals IS NULL) = (summary IS NULL) END",
    )
    op.alter_column("case_plan", "goals", nullable=True)
    for column, (before, after) in _COMMENTS.items():
        op.alter_column("case_plan", column, comment=after, existing_comment=before)


def downgrade() -> None:
    """What is forgotten leaves a word in its place."""
    op.execute("UPDATE case_plan SET goals = '-', summary = '-' WHERE goals IS NULL")
    for column, (before, after) in _COMMENTS.items():
        op.alter_column("case_plan", column, comment=before, existing_comment=after)
    op.alter_column("case_plan", "goals", nullable=False)
    op.drop_constraint(op.f(_SUMMARY), "case_plan")
    op.drop_constraint(op.f(_OUTCOME), "case_plan")
    op.create_check_constraint(
        op.f(_SUMMARY), "case_plan", f"{_ENDED} AND (outcome IS NULL) = (summary IS NULL)"
    )
    for name, table, _, _ in reversed(_INDEXES):
        op.drop_index(name, table_name=table)


_INDEXES = (
    ("ix_need_served_at", "need", ["served_at"], "status = 'served'"),
    ("ix_need_unmet_at", "need", ["unmet_at"], "status = 'unmet'"),
    ("ix_referral_accepted", "referral", ["session_on", "id"], "status = 'accepted'"),
    (
        *("ix_case_plan_closed_at", "case_plan", ["closed_at"]),
        "status = 'closed' AND goals IS NOT NULL",
    ),
)

"""Withdraw schemes of assessments, and say which publicity ends are provisional.

Revision: 0030, after 0029. What schemes filed before have counted is not known: their withdrawal
gives nothing back.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SCHEME = "assessment_scheme"
CHECKS = {
    "carried_out_or_not": "withdrawn_at IS NULL OR assessed_at IS NULL",
    "withdrawn_with_reason": "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)",
}
# The last day of the years whose days off are known: a release brings those up to 2026.
HORIZON = "(SELECT make_date(greatest(2026, max(year)), 12, 31) FROM calendar_notice)"


def upgrade() -> None:
    op.add_column(
        SCHEME,
        sa.Column(
            "counted",
            postgresql.JSONB(),
            server_default="{}",
            nullable=False,
            comment="计入年度次数的对象，及随之计入的现场检查",
        ),
    )
    op.add_column(
        SCHEME,
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="撤回时间"),
    )
    op.add_column(
        SCHEME,
        sa.Column("withdrawal_reason", sa.Text(), nullable=True, comment="撤回的公开理由"),
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{SCHEME}_{name}"), SCHEME, condition)
    op.add_column(
        "assessment",
        sa.Column(
            "is_publicity_provisional",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="公示末日超出已公布日历",
        ),
    )
    op.execute(
        "UPDATE assessment SET is_publicity_provisional = true"
        f" WHERE final_at IS NULL AND publicity_to_on > {HORIZON}"
    )


def downgrade() -> None:
    op.drop_column("assessment", "is_publicity_provisional")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_{SCHEME}_{name}"), SCHEME, type_="check")
    for column in ("withdrawal_reason", "withdrawn_at", "counted"):
        op.drop_column(SCHEME, column)

"""Redact what a proposal says of somebody, and keep what it said, sealed.

Revision: 0042, after 0041.
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

WHOLE = (
    "(redacted_at IS NULL) = (original IS NULL)"
    " AND (redacted_at IS NULL) = (redaction_reason IS NULL)"
)
COLUMNS = (
    ("original", sa.Text(), "遮蔽前的题目与内容，密文"),
    ("redacted_at", sa.DateTime(timezone=True), "遮蔽时间"),
    ("redaction_reason", sa.Text(), "遮蔽的公开理由"),
)
CHECK = "ck_proposal_redaction_keeps_the_original"


def upgrade() -> None:
    for name, kind, comment in COLUMNS:
        op.add_column("proposal", sa.Column(name, kind, nullable=True, comment=comment))
    op.create_check_constraint(op.f(CHECK), "proposal", WHOLE)


def downgrade() -> None:
    op.drop_constraint(op.f(CHECK), "proposal")
    for name, _, _ in COLUMNS:
        op.drop_column("proposal", name)

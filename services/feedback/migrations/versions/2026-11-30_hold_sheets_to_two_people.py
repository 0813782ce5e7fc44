"""Hold the restoring of paper sheets to two people.

Revision: 0060, after 0059.
"""

from alembic import op

from common import gently

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

RULES = {
    "restored_is_told": "(restore_asked_by IS NULL) = (restore_reason IS NULL)"
    " AND (restored_by IS NULL OR restore_asked_by IS NOT NULL AND status <> 'void')",
    "restored_by_two": "restore_asked_by <> restored_by",
}


def upgrade() -> None:
    for name, rule in RULES.items():
        gently.constrain("paper_sheet", f"ck_paper_sheet_{name}", f"CHECK ({rule})")


def downgrade() -> None:
    for name in RULES:
        op.drop_constraint(op.f(f"ck_paper_sheet_{name}"), "paper_sheet", type_="check")

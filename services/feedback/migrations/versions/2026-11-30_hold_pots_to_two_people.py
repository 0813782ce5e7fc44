"""Hold corrections to two people, and agendas to what is left of their pot.

Revision: 0057, after 0056.
"""

from alembic import op

from common import gently

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

RULES = {
    "agenda": {
        "within_what_is_left": "carried_fen >= 0 AND items_fen + carried_fen <= pot_fen",
        "spent_is_carried_on": "spent_fen >= carried_fen",
    },
    "pot_correction": {"by_two": "asked_by <> corrected_by"},
}


def upgrade() -> None:
    for table, rules in RULES.items():
        for name, rule in rules.items():
            gently.constrain(table, f"ck_{table}_{name}", f"CHECK ({rule})")


def downgrade() -> None:
    for table, rules in RULES.items():
        for name in rules:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")

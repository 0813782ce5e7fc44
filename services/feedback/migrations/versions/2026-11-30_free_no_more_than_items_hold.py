"""Free no more of an agenda than its items hold.

Revision: 0065, after 0064.
"""

from alembic import op

from common import gently

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

RULE = "ck_agenda_freed_is_of_its_items"


def upgrade() -> None:
    gently.constrain("agenda", RULE, "CHECK (freed_fen BETWEEN 0 AND items_fen)")


def downgrade() -> None:
    op.drop_constraint(op.f(RULE), "agenda", type_="check")

"""Buy nothing that was given up: such an item stays without a purchase.

Revision: 0045, after 0044.
"""

from alembic import op

from common import gently

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

RULE = "ck_agenda_outcome_given_up_is_not_bought"


def upgrade() -> None:
    gently.constrain(
        "agenda_outcome",
        RULE,
        "CHECK (drop_reason IS NULL OR (stage = 'dropped' AND tender_id IS NULL))",
    )


def downgrade() -> None:
    op.drop_constraint(op.f(RULE), "agenda_outcome", type_="check")

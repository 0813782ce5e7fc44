"""Forget rules that nothing reads: a city that set them would have changed nothing.

Revision: 0035, after 0034. How much one call may ask is in the contract, consent is asked always, and
from when a shortfall is a duty is told by a number. What a person has set stays as it is.
"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_UNREAD = (
    "SELECT id FROM rule WHERE updated_by = 'linli' AND code IN"
    " ('match.results', 'match.batch', 'outreach.consent', 'entitlement.duty')"
)


def upgrade() -> None:
    op.execute(f"DELETE FROM rule_change WHERE rule_id IN ({_UNREAD})")
    op.execute(f"DELETE FROM rule WHERE id IN ({_UNREAD})")


def downgrade() -> None:
    """The seed of the release before sows them again."""

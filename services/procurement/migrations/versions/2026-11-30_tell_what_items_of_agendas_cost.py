"""Tell what items of agendas have cost: the feed tells each of them anew.

Revision: 0042, after 0041.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id) SELECT 'agenda_outcome', id FROM agenda_outcome"
    )


def downgrade() -> None:
    """What was told stays told."""

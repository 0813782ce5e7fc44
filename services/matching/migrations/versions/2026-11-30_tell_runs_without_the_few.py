"""Tell committed runs anew, now without figures that give the few away.

Revision: 0051, after 0050.
"""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where the release before still numbers, it tells them as before: the CHANGELOG says more."""
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id)"
        " SELECT 'allocation_run', id FROM allocation_run WHERE status = 'committed'"
    )


def downgrade() -> None:
    """What was told stays told."""

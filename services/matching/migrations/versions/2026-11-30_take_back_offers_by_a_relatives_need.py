"""Take back offers that nobody has answered and that were made by what a relative needs.

Revision: 0052, after 0051. A search offers anew to whom their own needs entitle.
"""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "DELETE FROM outreach_offer o USING need n WHERE n.id = o.via_need_id"
        " AND o.answer = 'pending' AND n.raised_by NOT IN ('self', 'outreach')"
    )


def downgrade() -> None:
    """What was taken back is offered again by a search."""

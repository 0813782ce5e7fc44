"""Forget offers in due time; names of collective needs are told.

Revision: 0038, after 0037.
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_TITLE = ("名称，仅内部", "名称，公布")


def upgrade() -> None:
    """The feed tells collective needs anew, now with their names."""
    op.create_index("ix_outreach_offer_updated_at", "outreach_offer", ["updated_at"])
    _comment(*_TITLE)
    op.execute(
        "INSERT INTO feed_outbox (kind, record_id) SELECT 'collective_need', id FROM collective_need"
    )


def downgrade() -> None:
    _comment(*reversed(_TITLE))
    op.drop_index("ix_outreach_offer_updated_at", table_name="outreach_offer")


def _comment(before: str, after: str) -> None:
    op.alter_column("collective_need", "title", comment=after, existing_comment=before)

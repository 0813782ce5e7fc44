"""Index what is public, and when it changed: numbered pages and `modified_after` of HSDS.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PUBLISHED = sa.text("status = 'published'")


def upgrade() -> None:
    op.create_index(
        "ix_offering_public",
        "offering",
        ["id"],
        postgresql_include=["venue_id"],
        postgresql_where=PUBLISHED,
    )
    op.create_index(
        "ix_offering_updated_at", "offering", ["updated_at", "id"], postgresql_where=PUBLISHED
    )
    op.create_index("ix_venue_updated_at", "venue", ["updated_at"])
    op.create_index(
        "ix_organisation_active",
        "organisation",
        ["id"],
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_organisation_updated_at", "organisation", ["updated_at"])


def downgrade() -> None:
    op.drop_index("ix_organisation_updated_at", "organisation")
    op.drop_index("ix_organisation_active", "organisation")
    op.drop_index("ix_venue_updated_at", "venue")
    op.drop_index("ix_offering_updated_at", "offering")
    op.drop_index("ix_offering_public", "offering")

"""Find the votes and agendas of a proposal at once.

Revision: 0026, after 0025.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = ("vote_option", "agenda_item")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_proposal_id", table, ["proposal_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_proposal_id", table)

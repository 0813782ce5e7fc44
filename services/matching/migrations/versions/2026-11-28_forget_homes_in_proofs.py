"""Forget homes in proofs.

Files of runs held where each need is; without it their digest is another one. Such runs keep what
they decided, and lose their file.

Revision: 0024, after 0023.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM allocation_file")


def downgrade() -> None:
    """What is forgotten stays so."""

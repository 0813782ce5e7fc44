"""Restore a paper sheet that was voided by mistake: one person asks, another confirms.

Revision: 0059, after 0058.
"""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

ADDED = (
    ("restore_reason", "恢复理由"),
    ("restore_asked_by", "提出恢复的人"),
    ("restored_by", "确认恢复的另一人"),
)


def upgrade() -> None:
    for name, comment in ADDED:
        op.add_column("paper_sheet", sa.Column(name, sa.Text(), nullable=True, comment=comment))


def downgrade() -> None:
    for name, _ in ADDED:
        op.drop_column("paper_sheet", name)

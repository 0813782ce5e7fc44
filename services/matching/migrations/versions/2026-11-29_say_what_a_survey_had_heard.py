"""Say of a survey what it had heard: changes, no longer records.

Revision: 0047, after 0046.
"""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_RECORDS = ("调查时已知的区划、人口与服务数", "调查时已听到的区划、人口与服务的变更数")


def upgrade() -> None:
    """A comment alone."""
    _comment(*_RECORDS)


def downgrade() -> None:
    _comment(*reversed(_RECORDS))


def _comment(before: str, after: str) -> None:
    op.alter_column("coverage_survey", "records", comment=after, existing_comment=before)

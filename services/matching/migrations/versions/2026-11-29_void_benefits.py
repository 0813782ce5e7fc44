"""Void benefits that were recorded by mistake: they stand in nobody's way.

Revision: 0039, after 0038.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "benefit",
        sa.Column(
            "voided_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="作废时间：登记有误，不再计入核对",
        ),
    )
    _once("NOT is_despite AND voided_at IS NULL")


def downgrade() -> None:
    op.execute("DELETE FROM benefit WHERE voided_at IS NOT NULL")
    _once("NOT is_despite")
    op.drop_column("benefit", "voided_at")


def _once(where: str) -> None:
    op.execute(
        "ALTER TABLE benefit DROP CONSTRAINT ex_benefit_once, ADD CONSTRAINT ex_benefit_once"
        " EXCLUDE USING gist (person WITH =, kind WITH =,"
        f" (daterange(from_on, to_on, '[]')) WITH &&) WHERE ({where})"
    )

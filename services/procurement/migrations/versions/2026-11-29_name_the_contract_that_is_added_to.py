"""Name the contract that is added to, so that additions are summed.

Revision: 0031, after 0030.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = "fk_tender_original_contract_id_contract"


def upgrade() -> None:
    op.add_column(
        "tender",
        sa.Column("original_contract_id", sa.Uuid(), nullable=True, comment="添购的原合同"),
    )
    op.create_foreign_key(op.f(KEY), "tender", "contract", ["original_contract_id"], ["id"])
    op.create_index(
        "ix_tender_original_contract_id",
        "tender",
        ["original_contract_id"],
        postgresql_where="original_contract_id IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_tender_original_contract_id", "tender")
    op.drop_constraint(op.f(KEY), "tender")
    op.drop_column("tender", "original_contract_id")

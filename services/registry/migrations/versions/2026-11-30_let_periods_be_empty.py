"""Tasks and entries of the burden ledger may have no day at all: they were called off in time.

Revision: 0033, after 0032.
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

NAMES = {table: f"ck_{table}_valid_to_after_valid_from" for table in ("admitted", "burden_task")}


def upgrade() -> None:
    for table, name in NAMES.items():
        op.drop_constraint(op.f(name), table, type_="check")


def downgrade() -> None:
    for table, name in NAMES.items():
        op.create_check_constraint(op.f(name), table, "valid_to > valid_from")

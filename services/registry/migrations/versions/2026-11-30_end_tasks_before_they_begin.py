"""Let tasks and entries of the burden ledger end before they begin; find the tasks of an entry.

Revision: 0032, after 0031.
"""

from alembic import op

from common import gently

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLES = ("admitted", "burden_task")


def upgrade() -> None:
    gently.index("ix_burden_task_admitted_id", "burden_task (admitted_id)")
    for table in TABLES:
        name = f"ck_{table}_valid_to_not_before_valid_from"
        gently.constrain(table, name, "CHECK (valid_to >= valid_from)")


def downgrade() -> None:
    gently.drop_index("ix_burden_task_admitted_id")
    for table in TABLES:
        op.drop_constraint(op.f(f"ck_{table}_valid_to_not_before_valid_from"), table, type_="check")

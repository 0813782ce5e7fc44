"""Say of first contacts and of work in a house, too, whether their deadline is provisional.

Revision: 0025, after 0024.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

COLUMNS = (
    ("case_order", "is_contact_provisional", "contact_due_at", "先行联系期限超出已公布日历，暂计"),
    ("dispatch", "is_due_provisional", "due_at", "期限超出已公布日历"),
)
# The first instant after the years whose days off are known: a release brings those up to 2026.
HORIZON = (
    "(SELECT make_timestamptz(greatest(2026, max(year)) + 1, 1, 1, 0, 0, 0, 'Asia/Shanghai')"
    " FROM calendar_notice)"
)


def upgrade() -> None:
    for table, column, due, comment in COLUMNS:
        op.add_column(
            table,
            sa.Column(
                column, sa.Boolean(), server_default=sa.false(), nullable=False, comment=comment
            ),
        )
        op.execute(f"UPDATE {table} SET {column} = true WHERE {due} > {HORIZON}")


def downgrade() -> None:
    for table, column, *_ in COLUMNS:
        op.drop_column(table, column)

"""Find the work of a case, and hold what was cancelled to its time.

Revision: 0062, after 0061.
"""

from alembic import op

from common import gently

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

TOLD = "ck_dispatch_cancelled_is_told"


def upgrade() -> None:
    gently.constrain(
        "dispatch",
        TOLD,
        "CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)"
        " AND (cancel_reason IS NULL OR cancelled_at IS NOT NULL))",
    )
    gently.index("ix_dispatch_case", "dispatch (case_id, id)")


def downgrade() -> None:
    op.drop_index("ix_dispatch_case", "dispatch")
    op.drop_constraint(op.f(TOLD), "dispatch", type_="check")

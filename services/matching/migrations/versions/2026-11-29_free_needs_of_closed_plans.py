"""Free the needs of a plan when it closes, and let its person see every plan.

Revision: 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_ONCE = "uq_case_need_need_id"
_PLAN = "fk_case_need_plan_id_case_plan"
_PLAN_AS_IT_STANDS = "fk_case_need_plan_id_plan_status_case_plan"
_WHOSE = """
    UPDATE case_plan SET resident = known.resident
    FROM (
        SELECT c.plan_id, min(n.resident) AS resident
        FROM case_need c JOIN need n ON n.id = c.need_id
        GROUP BY c.plan_id HAVING count(DISTINCT n.resident) = 1
    ) AS known
    WHERE case_plan.id = known.plan_id AND case_plan.resident IS NULL
"""
_EARLIER = """
    DELETE FROM case_need c USING case_need later
    WHERE later.need_id = c.need_id AND later.plan_id > c.plan_id
"""


def upgrade() -> None:
    """The release before closes plans as ever: the key carries their status to the needs."""
    op.create_unique_constraint(op.f("uq_case_plan_id_status"), "case_plan", ["id", "status"])
    op.add_column(
        "case_need",
        sa.Column(
            "plan_status",
            sa.Text(),
            server_default="open",
            nullable=False,
            comment="个案的状态，随个案变更",
        ),
    )
    op.execute(
        "UPDATE case_need SET plan_status = p.status FROM case_plan p"
        " WHERE p.id = plan_id AND p.status <> 'open'"
    )
    op.drop_constraint(op.f(_PLAN), "case_need")
    op.create_foreign_key(
        op.f(_PLAN_AS_IT_STANDS),
        *("case_need", "case_plan"),
        *(["plan_id", "plan_status"], ["id", "status"]),
        onupdate="CASCADE",
    )
    op.drop_constraint(op.f(_ONCE), "case_need")
    op.create_index(
        _ONCE, "case_need", ["need_id"], unique=True, postgresql_where="plan_status = 'open'"
    )
    op.execute(_WHOSE)


def downgrade() -> None:
    """A need stays in the newest of its plans."""
    op.execute(_EARLIER)
    op.drop_index(_ONCE, table_name="case_need")
    op.create_unique_constraint(op.f(_ONCE), "case_need", ["need_id"])
    op.drop_constraint(op.f(_PLAN_AS_IT_STANDS), "case_need")
    op.create_foreign_key(op.f(_PLAN), "case_need", "case_plan", ["plan_id"], ["id"])
    op.drop_column("case_need", "plan_status")
    op.drop_constraint(op.f("uq_case_plan_id_status"), "case_plan")

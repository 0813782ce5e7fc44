"""Withdraw evidence that is wrong; of one kind and subject there is none twice for any day.

Of records that overlap the last one counted; the others are withdrawn here and say why.

Revision: 0043, after 0042.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

TABLE = "assessment_evidence"
CHECK = "ck_assessment_evidence_withdrawn_with_reason"
ONCE = "ex_assessment_evidence_once"
REASON = "所属期与更晚的一份重叠，计算时从未采用 / overlaps a later one, which alone was counted"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column(TABLE, sa.Column("withdrawn_at", moment, nullable=True, comment="撤回时间"))
    op.add_column(
        TABLE, sa.Column("withdrawal_reason", sa.Text(), nullable=True, comment="撤回的公开理由")
    )
    op.execute(
        sa.text(
            "UPDATE assessment_evidence e SET withdrawn_at = now(), withdrawal_reason = :reason"
            " WHERE EXISTS (SELECT FROM assessment_evidence l WHERE l.subject_id = e.subject_id"
            " AND l.kind = e.kind AND (l.period_to_on, l.id) > (e.period_to_on, e.id)"
            " AND l.period_from_on <= e.period_to_on)"
        ).bindparams(reason=REASON)
    )
    op.create_check_constraint(
        op.f(CHECK), TABLE, "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)"
    )
    op.execute(
        f"ALTER TABLE {TABLE} ADD CONSTRAINT {ONCE} EXCLUDE USING gist (subject_id WITH =,"
        " kind WITH =, daterange(period_from_on, period_to_on, '[]') WITH &&)"
        " WHERE (withdrawn_at IS NULL)"
    )
    op.drop_index("uq_assessment_evidence_once", TABLE)


def downgrade() -> None:
    op.execute("DELETE FROM assessment_evidence WHERE withdrawn_at IS NOT NULL")
    op.create_index(
        "uq_assessment_evidence_once",
        TABLE,
        ["subject_id", "kind", "period_from_on", "period_to_on"],
        unique=True,
    )
    op.drop_constraint(ONCE, TABLE)
    op.drop_constraint(op.f(CHECK), TABLE)
    op.drop_column(TABLE, "withdrawal_reason")
    op.drop_column(TABLE, "withdrawn_at")

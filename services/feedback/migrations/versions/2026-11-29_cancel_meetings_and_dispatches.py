"""Cancel meetings that were called and dispatches that wait, each with its reason.

Revision: 0053, after 0052.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

STATUSES = {
    "meeting": ("called", "held", "inquorate"),
    "dispatch": ("sent", "done", "declined"),
}
REASONS = {"meeting": "取消的公开理由", "dispatch": "撤销理由，密文"}
TOLD = (
    "(status = 'cancelled') = (cancelled_at IS NOT NULL)"
    " AND (cancelled_at IS NULL) = (cancel_reason IS NULL)"
)
HELD = "ck_meeting_held_has_minutes"
HELD_BEFORE = "(status = 'called') = (held_at IS NULL) AND (held_at IS NULL) = (minutes IS NULL)"


def _status(table: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_status")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"status = ANY ('{{{', '.join(words)}}}'::text[])")


def upgrade() -> None:
    for table, words in STATUSES.items():
        op.add_column(
            table,
            sa.Column(
                "cancelled_at", sa.DateTime(timezone=True), nullable=True, comment="取消时间"
            ),
        )
        op.add_column(
            table, sa.Column("cancel_reason", sa.Text(), nullable=True, comment=REASONS[table])
        )
        _status(table, (*words, "cancelled"))
        op.create_check_constraint(op.f(f"ck_{table}_cancelled_with_reason"), table, TOLD)
    op.drop_constraint(op.f(HELD), "meeting", type_="check")
    op.create_check_constraint(
        op.f(HELD),
        "meeting",
        "(status IN ('held', 'inquorate')) = (held_at IS NOT NULL)"
        " AND (held_at IS NULL) = (minutes IS NULL)",
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM meeting_topic USING meeting WHERE id = meeting_id AND status = 'cancelled'"
    )
    op.drop_constraint(op.f(HELD), "meeting", type_="check")
    for table, words in STATUSES.items():
        op.execute(f"DELETE FROM {table} WHERE status = 'cancelled'")
        op.drop_constraint(op.f(f"ck_{table}_cancelled_with_reason"), table, type_="check")
        _status(table, words)
        op.drop_column(table, "cancel_reason")
        op.drop_column(table, "cancelled_at")
    op.create_check_constraint(op.f(HELD), "meeting", HELD_BEFORE)

"""Correct what came of a booking once, and say why; withdraw concessions that were only drafted.

Revision: 0030, after 0029.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

STATUS, TOLD = "ck_concession_status", "ck_concession_steps_are_told"
COMMENTS = {"status": "状态：拟订、已授权、已终止", "end_reason": "终止原因"}


def _checks(words: tuple[str, ...], never: str, ended: str) -> None:
    for name in (STATUS, TOLD):
        op.drop_constraint(op.f(name), "concession", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(STATUS), "concession", f"status IN ({listed})")
    op.create_check_constraint(
        op.f(TOLD),
        "concession",
        f"(status IN ({never})) = (granted_at IS NULL)"
        f" AND (status IN ({ended})) = (end_reason IS NOT NULL)",
    )


def upgrade() -> None:
    op.add_column(
        "booking",
        sa.Column(
            "corrected_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="更正使用情况的时间，至多一次",
        ),
    )
    op.add_column(
        "booking", sa.Column("correction_reason", sa.Text(), nullable=True, comment="更正原因")
    )
    op.create_check_constraint(
        op.f("ck_booking_correction_says_why"),
        "booking",
        "num_nulls(corrected_at, correction_reason) <> 1"
        " AND (corrected_at IS NULL OR status IN ('used', 'no_show'))",
    )
    _checks(
        ("draft", "granted", "ended", "withdrawn"), "'draft', 'withdrawn'", "'ended', 'withdrawn'"
    )
    op.alter_column("concession", "status", comment=COMMENTS["status"] + "、已撤回")
    op.alter_column("concession", "end_reason", comment="终止或撤回原因")


def downgrade() -> None:
    for name, comment in COMMENTS.items():
        op.alter_column("concession", name, comment=comment)
    _checks(("draft", "granted", "ended"), "'draft'", "'ended'")
    op.drop_column("booking", "correction_reason")
    op.drop_column("booking", "corrected_at")

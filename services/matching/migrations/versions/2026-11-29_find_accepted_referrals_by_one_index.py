"""Find by one index what accepted referrals wait for, where three were written with each referral.

Revision: 0030, after 0029.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_ACCEPTED = "status = 'accepted'"


def upgrade() -> None:
    """The release before finds what it seeks by either."""
    for name in ("accepted", "unreminded", "reminded"):
        op.drop_index(f"ix_referral_{name}", "referral")
    _index("accepted", ["reminded_at", "session_on", "id"], _ACCEPTED)


def downgrade() -> None:
    op.drop_index("ix_referral_accepted", "referral")
    _index("accepted", ["session_on", "id"], _ACCEPTED)
    _index("unreminded", ["session_on", "id"], f"{_ACCEPTED} AND reminded_at IS NULL")
    _index("reminded", ["reminded_at", "id"], f"{_ACCEPTED} AND reminded_at IS NOT NULL")


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(f"ix_referral_{name}", "referral", columns, postgresql_where=where)

"""Frozen: webhooks that begin anew, by a reset that is taken before anything else."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Say where a course began, how far it reaches, and why another is due."""
    for column in (
        sa.Column(
            "purged",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="purged_through when a course from zero began",
        ),
        sa.Column("area", sa.Text(), comment="area that is told; null: no limit"),
        sa.Column(
            "course",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="rises when it begins anew: milliseconds of then",
        ),
        sa.Column(
            "reset",
            sa.Text(),
            comment="why it begins anew; sent first, alone, until it is taken",
        ),
        sa.Column("taken_at", INSTANT, comment="last taken message"),
    ):
        op.add_column("webhook", column)
    op.create_check_constraint(
        op.f("ck_webhook_reset"), "webhook", "reset = ANY ('{restored, purged, area}'::text[])"
    )


def downgrade() -> None:
    """Forget it."""
    for name in ("taken_at", "reset", "course", "area", "purged"):
        op.drop_column("webhook", name)

"""Frozen: webhooks whose secret is changed while the receiver takes both."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)
CHECK = "ck_webhook_next_secret_has_its_day"


def upgrade() -> None:
    """Keep the next secret, and from when on it signs."""
    op.add_column(
        "webhook",
        sa.Column("next_secret", sa.Text(), comment="encrypted; signs from next_secret_from on"),
    )
    op.add_column(
        "webhook",
        sa.Column(
            "next_secret_from", INSTANT, comment="until then the receiver learns the next secret"
        ),
    )
    op.create_check_constraint(
        op.f(CHECK), "webhook", "(next_secret IS NULL) = (next_secret_from IS NULL)"
    )


def downgrade() -> None:
    """Forget it."""
    for name in ("next_secret_from", "next_secret"):
        op.drop_column("webhook", name)

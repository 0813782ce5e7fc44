"""Frozen: addresses that are told of changes, and what they have not taken yet."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_issuer", sa.Text(), nullable=False, comment="who vouches for the app"),
        sa.Column("app", sa.Text(), nullable=False, comment="the app"),
        sa.Column("app_area", sa.Text(), nullable=True, comment="area of the app when it came"),
        sa.Column("kind", sa.Text(), nullable=False, comment="name of the resource"),
        sa.Column("url", sa.Text(), nullable=False, comment="where changes are sent"),
        sa.Column("secret", sa.Text(), nullable=False, comment="encrypted; key of the signature"),
        sa.Column(
            "epoch", sa.Text(), nullable=False, comment="epoch of the feed; another one: from zero"
        ),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="change number put into the queue"
        ),
        sa.Column(
            "failures",
            sa.Integer(),
            nullable=False,
            comment="failures in a row; a success makes it 0",
        ),
        sa.Column("resumes_at", INSTANT, nullable=True, comment="pauses until then"),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        comment="回调：向不便轮询的应用推送变更",
    )
    op.create_index("ix_webhook_app", "webhook", ["app_issuer", "app", "id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column(
            "change_number", sa.BigInteger(), nullable=False, comment="latest change to be sent"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="attempts at this change"),
        sa.Column("first_at", INSTANT, nullable=False, comment="when it was put into the queue"),
        sa.Column("retry_at", INSTANT, nullable=False, comment="next attempt; a lease meanwhile"),
        sa.Column(
            "is_dead",
            sa.Boolean(),
            nullable=False,
            comment="true: no more attempts until it is replayed",
        ),
        sa.Column("fault", sa.Text(), nullable=True, comment="status or name of the last failure"),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_webhook_delivery_webhook_id_webhook"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "record_id", name=op.f("pk_webhook_delivery")),
        comment="待投递的变更；送达即删，多次失败成为死信",
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["webhook_id", "retry_at"],
        unique=False,
        postgresql_where=sa.text("NOT is_dead"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")

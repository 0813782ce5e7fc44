"""Frozen: requests of apps for data that are shared on condition."""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.DateTime(timezone=True)
_LIVE = "status IN ('requested', 'approved', 'active')"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "data_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_issuer", sa.Text(), nullable=False, comment="who vouches for the app"),
        sa.Column("app", sa.Text(), nullable=False, comment="the app"),
        sa.Column("kind", sa.Text(), nullable=False, comment="name of the resource"),
        sa.Column(
            "area", sa.Text(), nullable=False, comment="significant digits of the area asked for"
        ),
        sa.Column("purpose", sa.Text(), nullable=False, comment="用途"),
        sa.Column("basis", sa.Text(), nullable=False, comment="依据"),
        sa.Column("status", sa.Text(), nullable=False, comment="申请状态"),
        sa.Column("conditions", sa.Text(), nullable=True, comment="使用条件"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="有效期末日，不含"),
        sa.Column("reason", sa.Text(), nullable=True, comment="退回或终止的理由"),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True, comment="审批人"),
        sa.Column("subscribed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, comment="ETag"),
        sa.CheckConstraint(
            "status IN ('requested', 'returned', 'approved', 'active', 'ended')",
            name=op.f("ck_data_subscription_status"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'returned', 'ended') OR"
            " (valid_to IS NOT NULL AND conditions IS NOT NULL)",
            name=op.f("ck_data_subscription_approval_is_bounded"),
        ),
        sa.CheckConstraint(
            "(status = 'ended') = (ended_at IS NOT NULL)",
            name=op.f("ck_data_subscription_ended_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_subscription")),
        comment="数据申请：有条件共享的资源，由应用申请、提供方审批",
    )
    op.create_index("ix_data_subscription_area", "data_subscription", ["area", "id"], unique=False)
    op.create_index(
        "uq_data_subscription_live",
        "data_subscription",
        ["app_issuer", "app", "kind"],
        unique=True,
        postgresql_where=sa.text(_LIVE),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("data_subscription")

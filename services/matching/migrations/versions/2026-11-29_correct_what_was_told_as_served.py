"""Keep why a referral that was told as served is told as no-show after all.

Revision: 0044, after 0043. The release before neither writes nor asks for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TABLE = "referral"


def upgrade() -> None:
    op.add_column(
        TABLE,
        sa.Column("correction_reason", sa.Text(), nullable=True, comment="曾误报已服务的更正原因"),
    )
    op.create_check_constraint(
        op.f("ck_referral_correction_reason"),
        TABLE,
        "correction_reason = ANY ('{wrong_referral, nobody_came, other}'::text[])",
    )
    op.create_check_constraint(
        op.f("ck_referral_corrected_was_told_twice"),
        TABLE,
        "correction_reason IS NULL OR served_at IS NOT NULL AND no_show_at IS NOT NULL",
    )


def downgrade() -> None:
    op.drop_column(TABLE, "correction_reason")

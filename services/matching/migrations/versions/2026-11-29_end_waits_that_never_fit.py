"""End waits for more places than there are, with a reason; find referrals by their agreement.

Revision: 0037, after 0036. The release before tells the new reason as it tells any.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BEFORE = (
    *("full", "not_eligible", "out_of_reach", "no_staff", "not_reached", "closed"),
    *("no_room", "other"),
)


def upgrade() -> None:
    _allow((*BEFORE[:-1], "fewer_places", "other"))
    op.create_index(
        "ix_referral_agreement_number",
        "referral",
        ["agreement_number", "id"],
        postgresql_where=sa.text("agreement_number IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_referral_agreement_number", table_name="referral")
    op.execute("UPDATE referral SET decline_reason = 'full' WHERE decline_reason = 'fewer_places'")
    _allow(BEFORE)


def _allow(words: tuple[str, ...]) -> None:
    listed = ", ".join(words)
    op.execute(
        "ALTER TABLE referral DROP CONSTRAINT ck_referral_decline_reason, ADD CONSTRAINT"
        f" ck_referral_decline_reason CHECK (decline_reason = ANY ('{{{listed}}}'::text[]))"
    )

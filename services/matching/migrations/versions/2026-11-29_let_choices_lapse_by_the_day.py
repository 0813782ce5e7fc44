"""Let a choice of a draft lapse because its offering is shut on the day.

Revision: 0043, after 0042. The release before never writes the word.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

NAME = "ck_allocation_choice_lapse"
BEFORE = (
    *("not_open", "referred", "offering_closed", "no_provider", "counted_by_session"),
    *("over_budget", "not_eligible", "agreement_needed"),
)


def upgrade() -> None:
    _allow((*BEFORE, "shut_that_day"))


def downgrade() -> None:
    op.execute(
        "UPDATE allocation_choice SET lapse = 'offering_closed' WHERE lapse = 'shut_that_day'"
    )
    _allow(BEFORE)


def _allow(words: tuple[str, ...]) -> None:
    op.execute(
        f"ALTER TABLE allocation_choice DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME}"
        f" CHECK (lapse = ANY ('{{{', '.join(words)}}}'::text[]))"
    )

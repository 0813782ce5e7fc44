"""Flag purchases that leave little time to offer, and suppliers that win whatever is bought.

Revision: 0024, after 0023.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CHECK = "ck_red_flag_guard"
BEFORE = (
    *("incubation", "concentration", "splitting", "single_bid", "identical_prices"),
    *("winner_alone_left", "lowest_disqualified", "often_disqualifying", "often_losing"),
    *("price_outlier", "hardware"),
)


def upgrade() -> None:
    _allow(*BEFORE, "short_period", "many_categories")


def downgrade() -> None:
    op.execute("DELETE FROM red_flag WHERE guard IN ('short_period', 'many_categories')")
    _allow(*BEFORE)


def _allow(*guards: str) -> None:
    named = ", ".join(f"'{each}'" for each in guards)
    op.drop_constraint(op.f(CHECK), "red_flag")
    op.create_check_constraint(op.f(CHECK), "red_flag", f"guard IN ({named})")

"""Read the words of needs, referrals and places as one constant each, as every write does.

Revision: 0028, after 0027.
"""

from collections.abc import Callable, Mapping, Sequence

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_TIERS = (1, 2, 3)
_WORDS: Mapping[str, Mapping[str, Sequence[str | int]]] = {
    "need": {
        "status": ("open", "referred", "served", "closed", "withdrawn", "unmet"),
        "raised_by": ("self", "family", "grid_worker", "social_worker", "hotline", "outreach"),
        "urgency": _TIERS,
        "unmet_reason": (
            *("no_offering_in_category", "not_eligible", "closed_at_wanted_time", "over_budget"),
            *("too_far", "all_places_taken"),
        ),
    },
    "referral": {
        "status": (
            *("held", "waitlisted", "accepted", "declined", "expired", "withdrawn"),
            *("handed_over", "served", "no_show"),
        ),
        "urgency": _TIERS,
        "decline_reason": (
            *("full", "not_eligible", "out_of_reach", "no_staff", "not_reached", "closed"),
            *("no_room", "other"),
        ),
    },
    "capacity": {"period": ("at_once", "session", "day", "week", "month", "year")},
}


def upgrade() -> None:
    """The same words under the same names; each table is read once."""
    _set(_as_one_constant)


def downgrade() -> None:
    _set(_word_by_word)


def _set(check: Callable[[str, Sequence[str | int]], str]) -> None:
    for table, columns in _WORDS.items():
        steps = []
        for column, words in columns.items():
            name = f"ck_{table}_{column}"
            steps += [f"DROP CONSTRAINT {name}"]
            steps += [f"ADD CONSTRAINT {name} CHECK ({check(column, words)})"]
        op.execute(f"ALTER TABLE {table} {', '.join(steps)}")


def _as_one_constant(column: str, words: Sequence[str | int]) -> str:
    kind = "smallint" if isinstance(words[0], int) else "text"
    return f"{column} = ANY ('{{{', '.join(map(str, words))}}}'::{kind}[])"


def _word_by_word(column: str, words: Sequence[str | int]) -> str:
    return f"{column} IN ({', '.join(map(repr, words))})"

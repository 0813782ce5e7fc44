"""Keep the words of needs, referrals and places in domains, which no statement reads anew.

Revision: 0048, after 0047.

No table is rewritten and no row is looked at while others wait: each of the four tables is locked
for the moment in which its columns get their type. With a million needs and as many referrals it
takes nine seconds, in which no write waited longer than 13 ms; an ALTER alone would lock the one
for 0.7 s and the other for 1.4. Words are checked without a gap, by the CHECKs until the domains
do.

Indexes with a condition on a column would be built anew in that moment, so they go before it and
come again behind it: meanwhile jobs seek among all rows what waits or has expired. That a need has
one live referral holds all the time: before its index goes there is another, by what a referral is
stamped with when it ends.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from alembic import op

from common import gently

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "capacity_period": ("at_once", "session", "day", "week", "month", "year"),
    "correction_reason": ("wrong_referral", "nobody_came", "other"),
    "decline_reason": (
        *("full", "not_eligible", "out_of_reach", "no_staff", "not_reached", "closed"),
        *("no_room", "fewer_places", "other"),
    ),
    "need_status": ("open", "referred", "served", "closed", "withdrawn", "unmet"),
    "raised_by": ("self", "family", "grid_worker", "social_worker", "hotline", "outreach"),
    "referral_status": (
        *("held", "waitlisted", "accepted", "declined", "expired", "withdrawn"),
        *("handed_over", "served", "no_show", "untold"),
    ),
    "unmet_reason": (
        *("no_offering_in_category", "not_eligible", "closed_at_wanted_time", "over_budget"),
        *("too_far", "all_places_taken", "place_unknown", "no_day_left", "offering_gone"),
    ),
}
_RULES: Final = {
    **{name: f"VALUE = ANY ('{{{', '.join(words)}}}'::text[])" for name, words in _WORDS.items()},
    "referral_places": "VALUE BETWEEN 1 AND 20",
    "urgency_tier": "VALUE = ANY ('{1, 2, 3}'::smallint[])",
}
_COLUMNS: Final[Mapping[str, Mapping[str, str]]] = {
    "need": {
        "status": "need_status",
        "raised_by": "raised_by",
        "urgency": "urgency_tier",
        "unmet_reason": "unmet_reason",
    },
    "referral": {
        "status": "referral_status",
        "urgency": "urgency_tier",
        "places": "referral_places",
        "decline_reason": "decline_reason",
        "correction_reason": "correction_reason",
    },
    "capacity": {"period": "capacity_period"},
    "supply": {"capacity_period": "capacity_period"},
}
_INDEXES: Final[Mapping[str, Mapping[str, str]]] = {
    "need": {
        "ix_need_served_at": "(served_at) WHERE status = 'served'",
        "ix_need_unmet_at": "(unmet_at) WHERE status = 'unmet'",
        "ix_need_entitled": "(opened_at) WHERE is_statutory AND status = 'open'",
    },
    "referral": {
        "uq_referral_need_live": "(need_id) WHERE status IN ('held', 'waitlisted', 'accepted')",
        "ix_referral_waiting": "(offering_id, starts_on, session, urgency, waitlisted_at, id)"
        " WHERE status = 'waitlisted'",
        "ix_referral_hold": "(hold_expires_at) WHERE status = 'held'",
        "ix_referral_wait": "(session_on) WHERE status = 'waitlisted'",
        "ix_referral_accepted": "(reminded_at, session_on, id) WHERE status = 'accepted'",
    },
}
_CHECKS: Final[Mapping[str, Mapping[str, str]]] = {
    "need": {
        "unmet_has_reason": "(status = 'unmet') = (unmet_reason IS NOT NULL)",
        "entitled_is_never_unmet": "NOT (is_statutory AND status = 'unmet')",
    },
    "referral": {
        "decline_has_reason": "(status = 'declined') = (decline_reason IS NOT NULL)",
        "corrected_was_told_twice": "correction_reason IS NULL"
        " OR served_at IS NOT NULL AND no_show_at IS NOT NULL",
    },
}
_STAND_IN: Final = "uq_referral_need_unended"
_ENDS: Final = ("declined", "expired", "withdrawn", "handed_over", "served", "no_show", "untold")
_UNENDED: Final = " AND ".join(f"{each}_at IS NULL" for each in _ENDS)


def upgrade() -> None:
    for name in _RULES:
        gently.domain(name, _beneath(name))
    _retype(_COLUMNS)
    for name, rule in _RULES.items():
        gently.rule(name, f"ck_{name}", rule)
    for table, columns in _COLUMNS.items():
        gently.lift(table, *(f"ck_{table}_{column}" for column in columns))
    _constrain(_CHECKS)


def downgrade() -> None:
    words = {
        table: {column: _RULES[name].replace("VALUE", column) for column, name in columns.items()}
        for table, columns in _COLUMNS.items()
    }
    _constrain(words)
    _retype(
        {
            table: {column: _beneath(name) for column, name in columns.items()}
            for table, columns in _COLUMNS.items()
        }
    )
    _constrain(words)
    _constrain(_CHECKS)
    for name in _RULES:
        op.execute(f"DROP DOMAIN {name}")


def _beneath(name: str) -> str:
    return "text" if name in _WORDS else "smallint"


def _retype(tables: Mapping[str, Mapping[str, str]]) -> None:
    gently.index(_STAND_IN, f"referral (need_id) WHERE {_UNENDED}", unique=True)
    for table, kinds in tables.items():
        gently.retype(table, kinds, without=_INDEXES.get(table, ()))
    for table, indexes in _INDEXES.items():
        for name, on in indexes.items():
            gently.index(name, f"{table} {on}", unique=name.startswith("uq_"))
    gently.drop_index(_STAND_IN)


def _constrain(tables: Mapping[str, Mapping[str, str]]) -> None:
    for table, checks in tables.items():
        for name, check in checks.items():
            gently.constrain(table, f"ck_{table}_{name}", f"CHECK ({check})")

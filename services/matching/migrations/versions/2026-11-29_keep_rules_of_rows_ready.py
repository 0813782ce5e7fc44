"""Keep the rules of needs, referrals and places ready, and fewer indexes on referrals.

Revision: 0030, after 0029.
"""

from collections.abc import Mapping

from alembic import op

from common.migrations import row_rules_2026_11_29 as row_rules

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_TIER = "urgency = ANY ('{1,2,3}'::smallint[])"
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "need": {
        "status": "text",
        "raised_by": "text",
        "urgency": "smallint",
        "unmet_reason": "text",
        "is_statutory": "boolean",
        "lon": "double precision",
        "lat": "double precision",
    },
    "referral": {
        "status": "text",
        "urgency": "smallint",
        "decline_reason": "text",
        "places": "smallint",
        "agreement_number": "text",
        "settlement_fen": "bigint",
    },
    "capacity": {
        "period": "text",
        "taken": "integer",
        "waiting": "integer",
        "excess": "integer",
        "places": "integer",
        "starts_on": "date",
        "ends_on": "date",
    },
}
_RULES: Mapping[str, Mapping[str, str]] = {
    "need": {
        "status": "status = ANY ('{open,referred,served,closed,withdrawn,unmet}'::text[])",
        "raised_by": (
            "raised_by = ANY ('{self,family,grid_worker,social_worker,hotline,outreach}'::text[])"
        ),
        "urgency": _TIER,
        "unmet_reason": (
            "unmet_reason = ANY ('{no_offering_in_category,not_eligible,closed_at_wanted_time,"
            "over_budget,too_far,all_places_taken}'::text[])"
        ),
        "point_is_whole": "(lon IS NULL) = (lat IS NULL)",
        "unmet_has_reason": "(status = 'unmet') = (unmet_reason IS NOT NULL)",
        "entitled_is_never_unmet": "NOT (is_statutory AND status = 'unmet')",
    },
    "referral": {
        "status": (
            "status = ANY ('{held,waitlisted,accepted,declined,expired,withdrawn,handed_over,"
            "served,no_show,untold}'::text[])"
        ),
        "urgency": _TIER,
        "decline_reason": (
            "decline_reason = ANY ('{full,not_eligible,out_of_reach,no_staff,not_reached,closed,"
            "no_room,other}'::text[])"
        ),
        "places": "places BETWEEN 1 AND 20",
        "decline_has_reason": "(status = 'declined') = (decline_reason IS NOT NULL)",
        "agreement_is_settled": "(agreement_number IS NULL) = (settlement_fen IS NULL)",
    },
    "capacity": {
        "period": "period = ANY ('{at_once,session,day,week,month,year}'::text[])",
        "never_negative": "taken >= 0 AND waiting >= 0",
        "never_oversold": (
            "excess = CASE WHEN places IS NULL THEN 0 ELSE GREATEST(taken - places, 0) END"
        ),
        "ends_on": "ends_on >= starts_on",
    },
}
_ACCEPTED = "status = 'accepted'"


def upgrade() -> None:
    """The release before names the same constraints, and finds what it seeks by either index."""
    for table, columns in _COLUMNS.items():
        row_rules.keep_ready(table, columns, _RULES[table])
    for name in ("accepted", "unreminded", "reminded"):
        op.drop_index(f"ix_referral_{name}", "referral")
    _index("accepted", ["reminded_at", "session_on", "id"], _ACCEPTED)


def downgrade() -> None:
    op.drop_index("ix_referral_accepted", "referral")
    _index("accepted", ["session_on", "id"], _ACCEPTED)
    _index("unreminded", ["session_on", "id"], f"{_ACCEPTED} AND reminded_at IS NULL")
    _index("reminded", ["reminded_at", "id"], f"{_ACCEPTED} AND reminded_at IS NOT NULL")
    for table in _COLUMNS:
        row_rules.check_each(table, _RULES[table])


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(f"ix_referral_{name}", "referral", columns, postgresql_where=where)

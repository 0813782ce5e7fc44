"""The feed of referrals: what was served may be rated, and its resident is invited, not too often.

What was told as served by mistake is taken back, unless it was rated: of two words about one
service the resident's stands. Nothing else of a referral is kept here: not the need, not who was
turned away. Nor what was heard of when its days of rating were over: nobody could rate it, so
nobody's silence praises it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.clock import city_day
from common.contracts.matching import ReferralStatus
from common.feed.client import Change
from common.rules import RulesInForce
from feedback.domain import ratings as rules
from feedback.queries import deliveries as queries
from feedback.queries import ratings, tallies
from feedback.queries.ground import ground

CITY: Final = "310000000000"
_COPIED: Final = ("number", "rater", "category", "area_code")
_IDS: Final = ("offering_id", "provider_id", "venue_id", "service_item_id", "contract_id")
Row = Mapping[str, Any]


async def apply(session: AsyncSession, changes: Sequence[Change], *, now: datetime) -> None:
    """Take over a page of the feed `referral`; the last state of each counts."""
    last = {change.id: change.data for change in changes}
    gone = [each for each, state in last.items() if state is None]
    kept = [state for state in last.values() if state is not None]
    served = [state for state in kept if state["status"] == ReferralStatus.SERVED]
    if gone:
        await queries.forget(session, gone)
    await _take_back(session, [state for state in kept if _is_corrected(state)])
    if not served:
        return
    base = await ground(session)
    rows = [_row(state, base.at(state["area_code"], now)) for state in served]
    ratable = [row for row in rows if rules.runs(row["rate_until_on"], now)]
    new = await queries.keep(session, ratable) if ratable else set()
    fresh = [row for row in ratable if row["id"] in new]
    invited = await _invite(session, fresh, now=now)
    await tallies.note(
        session,
        [
            *(tallies.of_delivery(row, tallies.SERVED) for row in fresh),
            *(tallies.of_delivery(row, tallies.INVITED) for row in invited),
        ],
    )
    await _learn_payers(session, [row for row in rows if row["id"] not in new])


def _is_corrected(state: Row) -> bool:
    """Whether it was told as served once, and by now is told not to have been."""
    return state["served_at"] is not None and state["status"] != ReferralStatus.SERVED


async def _take_back(session: AsyncSession, states: Sequence[Row]) -> None:
    """What was told by mistake is neither rated nor counted; an invitation stays one."""
    if not states:
        return
    taken = await queries.take_back(session, [UUID(state["id"]) for state in states])
    await tallies.note(session, [each for row in taken for each in _counted(row, -1)])


def _counted(row: Row, change: int) -> list[dict[str, Any]]:
    """What is counted of a delivery: that it was given, and that its resident was invited."""
    channels = (tallies.SERVED, tallies.INVITED)[: 2 if row["invited_at"] else 1]
    return [tallies.of_delivery(row, channel, change) for channel in channels]


async def _learn_payers(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Contracts that matching heard of when the service was given already, rated perhaps."""
    payers = {row["id"]: row["contract_id"] for row in rows if row["contract_id"] is not None}
    paid = await queries.pay(session, payers) if payers else []
    rated = await ratings.unpaid(session, [row["id"] for row in paid]) if paid else []
    moved = [tallies.of_rating(row, -1) for row in rated]
    for row in rated:
        row.contract_id = payers[row.referral_id]
    moved += [tallies.of_rating(row, 1) for row in rated]
    for each in paid:
        moved += _counted({**each, "contract_id": None}, -1)
        moved += _counted(each, 1)
    await tallies.note(session, moved)
    feed.mark_many(session, "rating", [row.id for row in rated])


async def _invite(session: AsyncSession, rows: Sequence[Row], *, now: datetime) -> Sequence[Row]:
    """Invite as many as each resident's yearly cap allows, the latest service first."""
    today = city_day(now)
    of_resident: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: (each["served_at"], each["id"]), reverse=True):
        if row["rater"] is not None:
            of_resident[row["rater"]].append(row)
    if not of_resident:
        return []
    cap = (await ground(session)).at(CITY, now).rule("survey.contacts").number
    used = await queries.contacts(session, list(of_resident), today.year)
    kept = {
        each: wanted[: rules.invited(used[each], cap, len(wanted))]
        for each, wanted in of_resident.items()
    }
    asked = {each: len(few) for each, few in kept.items() if few}
    invited = [row for few in kept.values() for row in few]
    if invited:
        ids = [row["id"] for row in invited]
        await queries.invite(session, ids, asked, year=today.year, now=now)
    return invited


def _row(state: Mapping[str, Any], in_force: RulesInForce) -> Row:
    served_at = datetime.fromisoformat(state["served_at"])
    ids = {name: state[name] and UUID(state[name]) for name in _IDS}
    until: date = rules.rate_until(served_at, in_force)
    return {
        **{name: state[name] for name in _COPIED},
        **ids,
        "id": UUID(state["id"]),
        "served_at": served_at,
        "rate_until_on": until,
    }

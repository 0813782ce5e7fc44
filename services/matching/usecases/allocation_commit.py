"""Making referrals of a draft in one step: of whatever still holds of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import city_day
from common.contracts.matching import ReferralStatus
from common.contracts.matching_allocation import Lapse, RunStatus
from common.contracts.registry.offerings import CapacityPeriod
from common.ids import uuid7
from common.records import made, name_of, touch
from matching import tables
from matching.domain import drafts
from matching.domain import places as place_rules
from matching.domain.districts import Money
from matching.domain.numbers import Numbered, number
from matching.domain.opening import is_shut
from matching.domain.referrals import hold_expires
from matching.domain.standing import Held
from matching.queries import allocation as queries
from matching.queries import allocation_results as results
from matching.queries import hours
from matching.queries import needs as need_queries
from matching.queries.rules import rule_table
from matching.usecases import duties, rooms
from matching.usecases.allocation import KIND, RunCannotMove, call_all_waiting, reached, tell
from matching.usecases.eligible import offered, unmet
from matching.usecases.payers import Referred, payers

BATCH: Final = 1_000


class Asked(NamedTuple):
    """A need with for whom it is, as the rules of eligibility look at it."""

    need: tables.Need
    profile: tables.Profile | None
    standing: Sequence[Held]


async def commit(
    session: AsyncSession, run_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.AllocationRun:
    """Make referrals of a draft: all of them in this one transaction, or none.

    What does not hold any more lapses, with its reason; its place is given back. Who is entitled
    and not served is owed by a department from now on.
    """
    row = await reached(session, run_id, version=version, by=by)
    if row.status != RunStatus.DRAFTED or row.is_dry:
        raise RunCannotMove(status=row.status)
    today = city_day(now)
    drafts.check_day(row.session_on, today)
    in_force = (await rule_table(session)).at(today, row.area.ljust(12, "0"))
    days = in_force.rule("hold.expiry").number
    await queries.lock_all(session, row.id)
    after, referred, lapses, freed = UUID(int=0), 0, Counter[Lapse](), Counter[UUID]()
    in_rooms: list[dict[str, Any]] = []
    while pairs := await queries.served_pairs(session, row.id, after=after, limit=BATCH):
        shut = await _shut(session, [pair.Supply for pair in pairs], row.session_on)
        why = await _lapses(session, pairs, shut, today, Money.by_rules(in_force))
        await results.lapse(session, row.id, why)
        lapses.update(why.values())
        freed.update(pair.Supply.offering_id for pair in pairs if pair.Need.id in why)
        still = [pair for pair in pairs if pair.Need.id not in why]
        in_rooms += await _refer(session, row, still, hold_days=days, by=by, now=now)
        referred += len(still)
        after = pairs[-1].Need.id
    await queries.release(session, row.id, row.session_on, freed)
    await queries.forget_holds(session, row.id)
    owed = await _owe(session, row.id, by=by, now=now)
    row.status, row.committed_at = RunStatus.COMMITTED, now
    row.lapsed, row.lapsed_by = lapses.total(), {why.value: n for why, n in lapses.items()}
    touch(row, by, now)
    if freed:
        await call_all_waiting(session, row, now=now)
    for each in in_rooms:  # now that no capacity is asked for any more
        await rooms.want(session, tables.Referral(**each), now=now)
    feed.mark(session, KIND, row.id)
    told = {"referred": referred, "lapsed": row.lapsed, "lapsed_by": row.lapsed_by, "owed": owed}
    tell(session, row, by, "commit", told)
    return row


async def _lapses(
    session: AsyncSession, pairs: Sequence[Any], shut: Set[UUID], today: date, money: Money
) -> Mapping[UUID, Lapse]:
    """Which choices do not hold any more, by need, and why."""
    found = {pair.Need.id: drafts.lapse(_chosen(pair, shut, money)) for pair in pairs}
    standing = [pair for pair in pairs if found[pair.Need.id] is None]
    venues = await hours.venues(session, [pair.Supply for pair in standing])
    asked = await _asked(session, standing)
    for pair, need, there in zip(standing, asked, venues, strict=True):
        given = offered(pair.Supply, there.features, stands=there.stands)
        if unmet(need, given, today):
            found[pair.Need.id] = Lapse.NOT_ELIGIBLE
    return {need_id: why for need_id, why in found.items() if why is not None}


async def _shut(session: AsyncSession, supplies: Iterable[tables.Supply], day: date) -> Set[UUID]:
    """Offerings with places of the day that are shut then."""
    daily = [each for each in supplies if each.capacity_period in place_rules.OF_THE_DAY]
    known = await hours.of(session, daily)
    return {
        each.offering_id
        for each, happens in zip(daily, known, strict=True)
        if is_shut(happens, day, official_calendar())
    }


def _chosen(pair: Any, shut: Set[UUID], money: Money) -> drafts.Chosen:
    need, supply = pair.Need, pair.Supply
    return drafts.Chosen(
        need_status=need.status,
        is_referred=pair.is_referred,
        price_at_most_fen=need.price_at_most_fen,
        is_open=supply.is_open,
        provider_id=supply.provider_id,
        capacity_period=supply.capacity_period,
        is_shut=supply.offering_id in shut,
        price_fen=supply.price_fen,
        needs_agreement=money.needs_agreement(
            need.area_code, supply.area_code, supply.funding_source
        ),
    )


async def _asked(session: AsyncSession, pairs: Iterable[Any]) -> list[Asked]:
    """The needs of some pairs with for whom they are."""
    needs = [pair.Need for pair in pairs]
    ids = [need.id for need in needs]
    profiles = await need_queries.profiles(session, ids)
    standing = await need_queries.standings(session, ids)
    return [
        Asked(
            need,
            profiles.get(need.id),
            [need_queries.held(each) for each in standing.get(need.id, ())],
        )
        for need in needs
    ]


async def _owe(session: AsyncSession, run_id: UUID, *, by: Actor, now: datetime) -> int:
    """Raise what departments owe to the entitled whom the run does not serve; how many."""
    after, owed = UUID(int=0), 0
    while found := await results.owed(session, run_id, after=after, limit=BATCH):
        await duties.owe_all(session, found, by=by, now=now)
        owed += len(found)
        after = found[-1][0].id
    return owed


async def _refer(
    session: AsyncSession,
    run: tables.AllocationRun,
    pairs: Sequence[Any],
    *,
    hold_days: int,
    by: Actor,
    now: datetime,
) -> list[dict[str, Any]]:
    """Referrals for some needs, whose places the run holds already; which of them want a room."""
    if not pairs:
        return []
    expires = hold_expires(now, run.session_on, hold_days, official_calendar())
    rows = [_referral(run, pair.Need, pair.Supply, expires, by=by, now=now) for pair in pairs]
    await _find_payers(session, rows)
    ids = [pair.Need.id for pair in pairs]
    await queries.refer(session, rows, ids, by=name_of(by), now=now)
    feed.mark_many(session, "need", ids)
    feed.mark_many(session, "referral", [row["id"] for row in rows])
    audit.note_many(
        session,
        by,
        action="referral.make",
        kind="referral",
        changes=[
            audit.Change(row["id"], row["area_code"], None, {"run": str(run.id)}, None)
            for row in rows
        ],
    )
    both = zip(pairs, rows, strict=True)
    return [row for pair, row in both if pair.Supply.space_id is not None]


async def _find_payers(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Say of each referral which contract pays for it."""
    referred = [Referred(**{each: row[each] for each in Referred._fields}) for row in rows]
    for row, contract_id in zip(rows, await payers(session, referred), strict=True):
        row["contract_id"] = contract_id


def _referral(
    run: tables.AllocationRun,
    need: tables.Need,
    supply: tables.Supply,
    expires: datetime,
    *,
    by: Actor,
    now: datetime,
) -> dict[str, Any]:
    referral_id = uuid7()
    period = CapacityPeriod(supply.capacity_period)
    slot = place_rules.slot(supply.offering_id, period, run.session_on, None)
    return {
        "id": referral_id,
        "number": number(Numbered.REFERRAL, city_day(now), referral_id),
        "need_id": need.id,
        "resident": need.resident,
        "rater": need.rater,
        "urgency": need.urgency,
        "area_code": need.area_code,
        "offering_id": supply.offering_id,
        "provider_id": supply.provider_id,
        "venue_id": supply.venue_id,
        "service_item_id": supply.service_item_id,
        "category": supply.category,
        "served_in": supply.area_code,
        "places": 1,
        "session_on": run.session_on,
        "starts_on": slot.starts_on,
        "session": slot.session,
        "price_fen": supply.price_fen or 0,
        "status": ReferralStatus.HELD,
        "hold_expires_at": expires,
        "made_at": now,
        **made(by, now),
    }

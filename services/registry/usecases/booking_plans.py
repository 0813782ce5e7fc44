"""What stands before a room is taken: who asks for whom, on which terms, and the locks.

Locks go in one order: the party (its quota is counted), then the rooms by their ids, then overdue
bookings by theirs. No two transactions wait for each other in a ring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.calendar.official import official_calendar
from common.clock import CITY_ZONE, city_day
from common.contracts.registry.bookings import BookingIn, Party, SpacePurpose
from common.contracts.registry.delegations import Power
from common.contracts.registry.hours import OpeningHours
from common.errors import Conflict, FieldError, Text
from common.rules import RulesInForce
from common.turns import take_turn
from registry import tables
from registry.domain import bookings as domain
from registry.domain.bookings import Period, Terms, Wish
from registry.queries import bookings as queries
from registry.queries import rules, spaces
from registry.queries.references import must_exist
from registry.usecases.booking_steps import lapse, terms_of
from registry.usecases.delegations import must_hold

_TOLD = 5  # clashing times that a refusal names


class SlotTaken(Conflict):
    """Somebody else has the room then, or it is kept free."""

    slug = "slot-taken"
    title = Text("该时段已被占用", "Taken")
    detail = Text(
        "该空间（或其组成房间）在所选时段已被占用，请另选时段。",
        "The room, or one that it is made of, is taken then; choose another time.",
    )


class SpaceNotBookable(Conflict):
    """The room, one of its parts or the venue takes no bookings now."""

    slug = "space-not-bookable"
    title = Text("该空间暂不接受预约", "Not bookable now")
    detail = Text(
        "该空间、其组成房间或所在载体已暂停或停用。",
        "The room, one of its parts or its venue is suspended or closed.",
    )


class QuotaReached(Conflict):
    """The party has as many open bookings as the rule allows."""

    slug = "booking-quota-reached"
    title = Text("预约数已达上限", "Quota reached")
    detail = Text(
        "尚未结束的预约已有 {count} 个，上限为 {limit} 个（规则 {rule}），请先使用或取消。",
        "{count} bookings are not over; the limit is {limit} (rule {rule}). Use or cancel some.",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """A wish that the room allows, and what it takes to fulfil it."""

    wish: BookingIn
    space: tables.Space
    terms: Terms
    hours: OpeningHours | None
    area_code: str
    party: Party
    booker: str
    rules: RulesInForce

    @property
    def quota_name(self) -> str:
        """Whose open bookings are counted."""
        organisation = self.wish.organisation_id
        return self.booker if organisation is None else str(organisation)

    def is_open(self, period: Period) -> bool:
        """Whether the room is open all that time."""
        return domain.is_open_throughout(self.hours, period, official_calendar())


async def planned(session: AsyncSession, wish: BookingIn, *, by: Actor, now: datetime) -> Plan:
    """Check a wish against everything but the time table."""
    found = await spaces.bookable(session, wish.space_id)
    party = party_of(wish, by, found.area_code)
    if not found.is_usable:
        raise SpaceNotBookable
    await must_exist(session, tables.Organisation, {"/organisation_id": wish.organisation_id})
    await must_exist(session, tables.Offering, {"/offering_id": wish.offering_id})
    terms = terms_of(found.space)
    asked = Wish(Period(wish.starts_at, wish.ends_at), wish.purpose, wish.persons, party)
    domain.check(asked, terms, now=now)
    if wish.purpose is SpacePurpose.MARKET and party is Party.OFFICE:  # nobody else is asked
        await must_hold(session, found.space.venue_id, Power.APPROVE_MARKET, by=by, now=now)
    hours = found.hours and OpeningHours.model_validate(found.hours)
    in_force = await rules.in_force(session, "booking", area_code=found.area_code, on=city_day(now))
    booker = by.alias(Purpose.BOOKINGS)
    return Plan(wish, found.space, terms, hours or None, found.area_code, party, booker, in_force)


def party_of(wish: BookingIn, by: Actor, area_code: str) -> Party:
    """For whom it is: a body for itself or through staff, a resident, or the office. 403 else."""
    if wish.organisation_id is not None:
        by.must_reach(area_code, wish.organisation_id)
        return Party.ORGANISATION
    if Role.RESIDENT in by.roles:
        return Party.RESIDENT
    by.must_reach(area_code)
    return Party.OFFICE


async def must_have_quota(session: AsyncSession, plan: Plan, wanted: int, *, now: datetime) -> None:
    """Refuse more open bookings than the party may have. The office has no quota."""
    if plan.party is Party.OFFICE:
        return
    await take_turn(session, "booking", plan.party, plan.quota_name)  # what is counted stays
    count = await queries.open_count(session, plan.party, plan.quota_name, now=now)
    rule = plan.rules.setting("open_bookings", "booking", method=plan.party)
    if not rule.admits(count + wanted):
        raise QuotaReached(count=count, limit=rule.known, rule=rule.code)


async def lock_rooms(
    session: AsyncSession, plan: Plan, span: Period, *, now: datetime
) -> list[Period]:
    """Lock the rooms; what of a span is taken, once overdue holds in the way are gone."""
    space, cells = plan.space, plan.space.cells
    rooms = await spaces.locked(session, [space.id, *cells])
    is_usable = await spaces.is_in_use(session, space.venue_id)  # whoever closes it holds the rooms
    if not is_usable or any(each.status != "active" for each in rooms):
        raise SpaceNotBookable
    holders = await queries.holders(session, space.venue_id, cells, span)
    if not holders:
        return []
    await lapse(session, await queries.lapsed(session, holders, now=now), now=now)
    return await queries.taken(session, space.venue_id, cells, span)


def taken(clashes: Sequence[Period]) -> SlotTaken:
    """The refusal that names the times in the way, buffers included."""
    return SlotTaken(errors=[_told(clash) for clash in domain.joined(clashes)[:_TOLD]])


def _told(clash: Period) -> FieldError:
    start, end = (at.astimezone(CITY_ZONE).strftime("%Y-%m-%d %H:%M") for at in clash)
    value = f"{start} – {end}"
    return FieldError("/starts_at", value, Text(f"{value} 已被占用", f"taken {value}"))


def is_same(row: tables.Booking, wish: BookingIn, by: Actor) -> bool:
    """Whether a booking is what this caller asks for again."""
    asked = wish.model_dump(exclude={"is_hold"})
    held = {name: getattr(row, name) for name in asked}
    return held == asked and row.booker == by.alias(Purpose.BOOKINGS)


def new_booking(
    booking_id: UUID, plan: Plan, period: Period, *, now: datetime
) -> dict[str, object]:
    """The columns of a booking that begins its life."""
    wish = plan.wish
    status = domain.first_status(plan.terms, plan.party, wish.purpose, is_hold=wish.is_hold)
    minutes = plan.rules.setting("hold_minutes", "booking").known if wish.is_hold else None
    return {
        "id": booking_id,
        "venue_id": plan.space.venue_id,
        "space_id": plan.space.id,
        "party": plan.party,
        "booker": plan.booker,
        "organisation_id": wish.organisation_id,
        "offering_id": wish.offering_id,
        "purpose": wish.purpose,
        "starts_at": period.starts_at.astimezone(UTC),
        "ends_at": period.ends_at.astimezone(UTC),
        "persons": wish.persons,
        "status": status,
        "hold_expires_at": minutes and domain.hold_end(now, int(minutes), period.starts_at),
        "confirmed_at": now if status == "confirmed" else None,
    }

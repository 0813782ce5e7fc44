"""Duty rosters: written, changed, stood in for. Hours that nobody covers are told or refused."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import feed
from common.auth.actor import Actor
from common.calendar.official import official_calendar
from common.clock import CITY_ZONE, city_day
from common.contracts.registry.duties import Corner, DutyIn, DutyPatch, PostIn, SubstitutionIn
from common.contracts.registry.hours import OpeningHours
from common.edge import must_match
from common.errors import Conflict, FieldError, NotFound, Text
from common.ids import uuid7
from common.opening import Days
from registry import tables
from registry.domain import duties as domain
from registry.domain import opening
from registry.queries import duties as queries
from registry.queries import rules
from registry.queries.venues import venue_for_update
from registry.usecases.duty_persons import must_be_free
from registry.usecases.editing import PURPOSE, change, given, made, tell, touch
from registry.usecases.people import must_be_somebody

KIND: Final = "duty"
_TOLD: Final = 10
_DAY: Final = timedelta(days=1)


class RosterOverlaps(Conflict):
    """The venue has another roster on some of these days."""

    slug = "roster-overlaps"
    title = Text("排班期重叠", "Rosters overlap")
    detail = Text("该载体在此期间已有排班。", "The venue has a roster on some of these days.")


class SubstitutionOverlaps(Conflict):
    """The post is held by somebody else already at that time."""

    slug = "substitution-overlaps"
    title = Text("替班时段重叠", "Stood in for already")
    detail = Text(
        "该岗位在此时段已有替班或缺岗登记，请先撤回。",
        "The post has a stand-in or an absence then; take that back first.",
    )


async def add_duty(session: AsyncSession, duty: DutyIn, *, by: Actor, now: datetime) -> tables.Duty:
    """A roster of a venue in the caller's area."""
    venue = await venue_for_update(session, duty.venue_id)
    by.must_cover(venue.area_code)
    domain.check_period(duty.valid_from, duty.valid_to)
    values = {**_post("a", duty.a), **_post("b", duty.b)}
    _must_be_two(values)
    await must_be_somebody(session, _holders(values), venue.area_code)

    row = tables.Duty(
        id=uuid7(),
        venue_id=venue.id,
        valid_from=duty.valid_from,
        valid_to=duty.valid_to,
        **values,
        uncovered_minutes=0,
        **made(by, now),
    )
    await must_be_free(session, row, venue)
    row.uncovered_minutes = await _uncovered(session, row, venue, [], known=None, now=now)
    session.add(row)
    await session.flush()
    after = duty.model_dump(mode="json", exclude_none=True)
    tell(session, by, "duty.add", row, area=venue.area_code, after=after)
    return row


async def edit_duty(
    session: AsyncSession,
    duty_id: UUID,
    patch: DutyPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Duty:
    """Change who covers what, or when the roster ends."""
    row, venue = await queries.duty_for_update(session, duty_id)
    by.must_cover(venue.area_code)
    must_match(row.version, version)
    asked = {name: value for name, value in given(patch).items() if value is not None}
    values = {name: value for name, value in asked.items() if name == "valid_to"}
    for corner in asked.keys() & {"a", "b"}:
        values |= _post(corner, asked[corner])
    domain.check_period(row.valid_from, values.get("valid_to", row.valid_to))

    away = await queries.absences(session, row.id)
    known = roster(row, away)
    before, after = change(row, values)
    if not after:
        return row
    _must_be_two({name: getattr(row, name) for name in _PERSONS})
    await must_be_somebody(session, _holders(values), venue.area_code)
    if not _PRESENCE.isdisjoint(after):
        await must_be_free(session, row, venue)
    row.uncovered_minutes = await _uncovered(session, row, venue, away, known=known, now=now)
    touch(row, by, now)
    tell(session, by, "duty.edit", row, area=venue.area_code, before=before, after=after)
    return row


async def substitute(
    session: AsyncSession, duty_id: UUID, asked: SubstitutionIn, *, by: Actor, now: datetime
) -> tables.Duty:
    """Somebody else holds a post for a time, or nobody does; why is kept."""
    row, venue = await queries.duty_for_update(session, duty_id)
    by.must_cover(venue.area_code)
    _must_lie_within(row, asked)
    stand_in = asked.stand_in
    _must_be_another(row, asked)
    named = {"/stand_in/person_id": stand_in.person_id if stand_in else None}
    await must_be_somebody(session, named, venue.area_code)
    away = await queries.absences(session, row.id)
    new = tables.DutySubstitution(
        duty_id=row.id,
        **asked.model_dump(exclude={"stand_in"}),
        **(stand_in.model_dump() if stand_in else {}),
        recorded_at=now,
        recorded_by=by.alias(PURPOSE),
    )
    absent = [] if stand_in else [new]
    session.add(new)
    await session.flush()
    row.uncovered_minutes = await _uncovered(
        session, row, venue, [*away, *absent], known=roster(row, away), now=now
    )
    touch(row, by, now)
    after = asked.model_dump(mode="json", exclude={"stand_in"}) | {"is_filled": bool(stand_in)}
    tell(
        session, by, "duty.substitute", row, area=venue.area_code, after=after, reason=asked.reason
    )
    return row


async def take_back(
    session: AsyncSession, duty_id: UUID, substitution_id: UUID, *, by: Actor, now: datetime
) -> None:
    """The holder of the post is there after all; the record stays."""
    row, venue = await queries.duty_for_update(session, duty_id)
    by.must_cover(venue.area_code)
    old = await session.get(tables.DutySubstitution, (duty_id, substitution_id))
    if old is None:
        raise NotFound(what=Text("替班", "substitution"), key=substitution_id)
    if old.cancelled_at is not None:
        return
    known = roster(row, await queries.absences(session, row.id))
    old.cancelled_at = now
    await session.flush()
    away = await queries.absences(session, row.id)
    row.uncovered_minutes = await _uncovered(session, row, venue, away, known=known, now=now)
    touch(row, by, now)
    after = {"substitution": str(substitution_id)}
    tell(session, by, "duty.take_back", row, area=venue.area_code, after=after)


async def recount(
    session: AsyncSession,
    venue_ids: Sequence[UUID],
    *,
    by: Actor,
    now: datetime,
    days: Days | None = None,
) -> None:
    """Count anew what nobody covers when hours of venues, or `days`, change; nothing is refused."""
    found = await queries.running(session, venue_ids, city_day(now))
    for row, hours in found:
        left = _gaps(hours, roster(row, await queries.absences(session, row.id)), days)
        minutes = sum(each.bit_count() for _, each in left)
        if minutes != row.uncovered_minutes:
            row.uncovered_minutes = minutes
            touch(row, by, now)
            feed.mark(session, KIND, row.id)


_PERSONS: Final = ("a_person_id", "b_person_id")
_PRESENCE: Final = frozenset({"a_person_id", "a_hours", "valid_to"})


def _post(corner: str, post: PostIn) -> dict[str, Any]:
    hours = post.hours
    if hours is not None:
        opening.check(hours, f"/{corner}/hours")
    return {
        f"{corner}_title": post.title,
        f"{corner}_phone": post.phone,
        f"{corner}_person_id": post.person_id,
        f"{corner}_hours": hours and hours.model_dump(mode="json"),
    }


def _holders(values: dict[str, Any]) -> dict[str, UUID | None]:
    return {f"/{name[0]}/person_id": values.get(name) for name in _PERSONS}


def _must_be_two(values: dict[str, Any]) -> None:
    """A and B are two persons."""
    first, second = (values[name] for name in _PERSONS)
    if first is not None and first == second:
        message = Text("A 角与 B 角不能是同一人", "A and B are two persons")
        raise domain.WrongDuty(errors=[FieldError("/b/person_id", str(second), message)])


def _must_be_another(row: tables.Duty, asked: SubstitutionIn) -> None:
    """Who holds the other post answers anyway, and would not be two."""
    stand_in = asked.stand_in
    other = row.b_person_id if asked.post is Corner.A else row.a_person_id
    if stand_in is not None and stand_in.person_id is not None and stand_in.person_id == other:
        message = Text(
            "该人员已任另一角；登记缺岗即由其答复",
            "holds the other post and answers anyway; tell the absence alone",
        )
        value = str(stand_in.person_id)
        raise domain.WrongDuty(errors=[FieldError("/stand_in/person_id", value, message)])


def _must_lie_within(row: tables.Duty, asked: SubstitutionIn) -> None:
    first, after = (
        datetime.combine(day, time(), CITY_ZONE) for day in (row.valid_from, row.valid_to)
    )
    if not first <= asked.starts_at < asked.ends_at <= after:
        message = Text(
            f"须在排班期 {row.valid_from} 至 {row.valid_to} 之内，且结束晚于开始",
            f"within the roster, {row.valid_from} to {row.valid_to}, and forward",
        )
        raise domain.WrongDuty(errors=[FieldError("/starts_at", str(asked.starts_at), message)])


async def _uncovered(
    session: AsyncSession,
    row: tables.Duty,
    venue: tables.Venue,
    away: Iterable[Any],
    *,
    known: domain.Roster | None,
    now: datetime,
) -> int:
    """Open minutes of the roster that nobody covers.

    Raises `DutyUncovered` where the rule does and the change opens a gap that `known`, the roster
    as it was, did not have.
    """
    left = _gaps(venue.hours, roster(row, away))
    minutes = sum(each.bit_count() for _, each in left)
    stood = [] if known is None else _gaps(venue.hours, known)
    left = domain.opened_anew(left, stood, now)
    if not left:
        return minutes
    in_force = await rules.in_force(session, "duty", area_code=venue.area_code, on=city_day(now))
    rule = in_force.setting("uncovered", "duty")
    if rule.known == "refuse":
        stretches = [each for gap in left[:_TOLD] for each in domain.periods(gap)]
        errors = [_told(start, end) for start, end in stretches[:_TOLD]]
        fresh = sum(each.bit_count() for _, each in left)
        raise domain.DutyUncovered(minutes=fresh, rule=rule.code, errors=errors)
    return minutes


def _told(start: datetime, end: datetime) -> FieldError:
    value = f"{start.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}–{end.astimezone(CITY_ZONE):%H:%M}"
    return FieldError("/a/hours", value, Text("开放而无人在岗", "open, and nobody is there"))


def _gaps(hours: Any, stood: domain.Roster, days: Days | None = None) -> list[domain.Gap]:
    if hours is None:
        return []
    span = domain.Span.of(stood.first, stood.after, days or official_calendar())
    return domain.gaps(_cover(hours), [stood], span)


def roster(row: Any, away: Iterable[Any]) -> domain.Roster:
    """A stored roster as a value."""
    return domain.Roster(
        row.valid_from,
        row.valid_to,
        row.a_hours and _cover(row.a_hours),
        row.b_hours and _cover(row.b_hours),
        [_absence(each) for each in away],
    )


def _absence(row: Any) -> domain.Absence:
    start, end = domain.minute_at(row.starts_at), domain.minute_at(row.ends_at, up=True)
    return domain.Absence(Corner(row.post), start, end)


def _cover(hours: Any) -> domain.Cover:
    return domain.Cover.of(OpeningHours.model_validate(hours))

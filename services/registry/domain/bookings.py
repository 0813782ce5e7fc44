"""Booking a room: what a room allows, the life of a booking, and the times of a series.

Pure. Intervals hold their start and not their end. Whether a time is taken is decided by the
database: an exclusion constraint over the rooms a hall divides into (docs/decisions/0024).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from common.clock import CITY_ZONE, city_day
from common.contracts.registry.bookings import BookingStatus as Status
from common.contracts.registry.bookings import Every, Party, SpacePurpose
from common.contracts.registry.hours import OpeningHours
from common.errors import Conflict, FieldError, Invalid, Text
from common.opening import Days, stretches_on

NEXT: Final[Mapping[Status, frozenset[Status]]] = {
    Status.HELD: frozenset({Status.PENDING, Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED}),
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED, Status.EXPIRED}),
    Status.CONFIRMED: frozenset({Status.USED, Status.NO_SHOW, Status.CANCELLED}),
    Status.USED: frozenset(),
    Status.NO_SHOW: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
}
OPEN: Final = frozenset({Status.HELD, Status.PENDING, Status.CONFIRMED})
TAKING: Final = OPEN | {Status.USED}
NAMES: Final[Mapping[Status, Text]] = {
    Status.HELD: Text("暂占", "held"),
    Status.PENDING: Text("待审批", "waiting for approval"),
    Status.CONFIRMED: Text("已确认", "confirmed"),
    Status.USED: Text("已使用", "used"),
    Status.NO_SHOW: Text("未到", "a no-show"),
    Status.CANCELLED: Text("已取消", "cancelled"),
    Status.EXPIRED: Text("已失效", "expired"),
}
_STEP: Final[Mapping[Every, int]] = {Every.DAY: 1, Every.WEEK: 7, Every.FORTNIGHT: 14}


class BookingCannotMove(Conflict):
    """The life of a booking does not have this step."""

    slug = "booking-cannot-move"
    title = Text("状态不可变更", "This step is not possible")
    detail = Text(
        "该预约当前为“{current}”，不能变更为“{target}”。",
        "The booking is {current} and cannot become {target}.",
    )


class BookingNotBegun(Conflict):
    """Use and no-show are told when the time has begun."""

    slug = "booking-not-begun"
    title = Text("预约时段尚未开始", "The time has not begun")
    detail = Text(
        "预约自 {starts_at} 开始，此前不能登记使用情况。",
        "The booking begins at {starts_at}; its use cannot be recorded before.",
    )


class BookingOver(Conflict):
    """What took its time stays in the figures: it was used, or nobody came."""

    slug = "booking-over"
    title = Text("预约时段已结束", "The time is over")
    detail = Text(
        "预约时段已于 {ends_at} 结束，不能再取消；请登记已使用或未到。",
        "The booking ended at {ends_at} and cannot be given back; record its use or a no-show.",
    )


class BookingUnfit(Invalid):
    """The room does not allow it; each reason by its field."""

    slug = "booking-unfit"
    title = Text("不符合该空间的使用条件", "The room does not allow this")


class SpaceClosedThen(Conflict):
    """The room is not open at that time."""

    slug = "space-closed-then"
    title = Text("该时段不开放", "The room is not open then")
    detail = Text(
        "该空间在所选时段不开放，请查询可预约时段后重选。",
        "The room is not open at that time; ask for its free times and choose again.",
    )


class Period(NamedTuple):
    """From an instant up to another."""

    starts_at: datetime
    ends_at: datetime

    def meets(self, other: "Period") -> bool:
        """Whether the two share an instant."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a room is booked. Lengths in minutes unless the name says otherwise."""

    capacity: int
    purposes: frozenset[str]
    shortest: int
    longest: int
    lead: int
    ahead_days: int
    before: int
    after: int
    is_approval_needed: bool

    def occupied(self, asked: Period) -> Period:
        """The time that a booking takes, with what is kept free before and after it."""
        before, after = timedelta(minutes=self.before), timedelta(minutes=self.after)
        return Period(asked.starts_at - before, asked.ends_at + after)

    def needs_approval(self, party: Party, purpose: SpacePurpose) -> bool:
        """Whether somebody has to agree: to market use always, else where the room asks for it.

        The office that approves does not ask itself.
        """
        is_market = purpose is SpacePurpose.MARKET
        return party is not Party.OFFICE and (is_market or self.is_approval_needed)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    period: Period
    purpose: SpacePurpose
    persons: int
    party: Party


def check(wish: Wish, terms: Terms, *, now: datetime) -> None:
    """Refuse what a room does not allow. Raises `BookingUnfit` naming each field."""
    if found := [*_use_faults(wish, terms), *_time_faults(wish.period, terms, now)]:
        raise BookingUnfit(errors=found)


def _use_faults(wish: Wish, terms: Terms) -> Iterator[FieldError]:
    if wish.persons > terms.capacity:
        message = Text(
            f"该空间最多容纳 {terms.capacity} 人", f"the room holds {terms.capacity} persons"
        )
        yield FieldError("/persons", wish.persons, message)
    if wish.purpose not in terms.purposes:
        allowed = "、".join(sorted(terms.purposes))
        yield FieldError(
            "/purpose", wish.purpose, Text(f"该空间仅限 {allowed}", f"only {allowed} is allowed")
        )
    if wish.purpose is SpacePurpose.ADMINISTRATION and wish.party is not Party.OFFICE:
        message = Text("行政用途只能由工作人员预约", "only staff book for administration")
        yield FieldError("/purpose", wish.purpose, message)


def _time_faults(asked: Period, terms: Terms, now: datetime) -> Iterator[FieldError]:
    if asked.ends_at <= asked.starts_at:
        message = Text("结束须晚于开始", "it ends after it begins")
        yield FieldError("/ends_at", asked.ends_at.isoformat(), message)
        return
    minutes = (asked.ends_at - asked.starts_at) / timedelta(minutes=1)
    if not terms.shortest <= minutes <= terms.longest:
        message = Text(
            f"时长须在 {terms.shortest} 至 {terms.longest} 分钟之间",
            f"between {terms.shortest} and {terms.longest} minutes",
        )
        yield FieldError("/ends_at", asked.ends_at.isoformat(), message)
    if asked.starts_at < now + timedelta(minutes=terms.lead):
        message = Text(
            f"须在开始前至少 {terms.lead} 分钟预约", f"booked at least {terms.lead} minutes ahead"
        )
        yield FieldError("/starts_at", asked.starts_at.isoformat(), message)
    if city_day(asked.starts_at) > city_day(now) + timedelta(days=terms.ahead_days):
        message = Text(
            f"最多提前 {terms.ahead_days} 天预约", f"at most {terms.ahead_days} days ahead"
        )
        yield FieldError("/starts_at", asked.starts_at.isoformat(), message)


def is_open_throughout(hours: OpeningHours | None, asked: Period, days: Days) -> bool:
    """Whether a room is open from the first minute of a time to its last; unknown hours are not."""
    if hours is None:
        return False
    first, last = city_day(asked.starts_at), city_day(asked.ends_at)
    stretches = [
        stretch
        for ahead in range((last - first).days + 1)
        for stretch in open_on(hours, first + timedelta(days=ahead), days)
    ]
    return any(
        start <= asked.starts_at and asked.ends_at <= end for start, end in joined(stretches)
    )


def open_on(hours: OpeningHours | None, day: date, days: Days) -> list[Period]:
    """The stretches of a day in which a room is open, as instants."""
    if hours is None:
        return []
    midnight = datetime.combine(day, time(), CITY_ZONE)
    return [
        Period(midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
        for start, end in stretches_on(hours, day, days)[1]
    ]


def joined(periods: Sequence[Period]) -> list[Period]:
    """Sorted, with those that touch or overlap made one."""
    found: list[Period] = []
    for period in sorted(periods):
        if found and period.starts_at <= found[-1].ends_at:
            found[-1] = Period(found[-1].starts_at, max(found[-1].ends_at, period.ends_at))
        else:
            found.append(period)
    return found


def without(periods: Sequence[Period], taken: Sequence[Period]) -> list[Period]:
    """What is left of some stretches when others are cut out of them."""
    left: list[Period] = []
    cuts = joined(taken)
    for period in periods:
        start = period.starts_at
        for cut in cuts:
            if not period.meets(cut):
                continue
            if start < cut.starts_at:
                left.append(Period(start, cut.starts_at))
            start = max(start, cut.ends_at)
        if start < period.ends_at:
            left.append(Period(start, period.ends_at))
    return left


def free(open_: Sequence[Period], taken: Sequence[Period], terms: Terms) -> list[Period]:
    """When a room could be booked: open, and far enough from what is taken for the buffers.

    Stretches shorter than the shortest booking are left out.
    """
    before, after = timedelta(minutes=terms.before), timedelta(minutes=terms.after)
    wide = [Period(start - after, end + before) for start, end in taken]
    shortest = timedelta(minutes=terms.shortest)
    return [each for each in without(open_, wide) if each.ends_at - each.starts_at >= shortest]


def first_status(terms: Terms, party: Party, purpose: SpacePurpose, *, is_hold: bool) -> Status:
    """What a new booking is."""
    return Status.HELD if is_hold else wanted_status(terms, party, purpose)


def wanted_status(terms: Terms, party: Party, purpose: SpacePurpose) -> Status:
    """What a booking is once its party wants it."""
    return Status.PENDING if terms.needs_approval(party, purpose) else Status.CONFIRMED


def move(current: str, target: Status) -> Status:
    """The new status. Raises `BookingCannotMove`."""
    if target not in NEXT[Status(current)]:
        raise BookingCannotMove(current=NAMES[Status(current)], target=NAMES[target])
    return target


def attend(current: str, starts_at: datetime, *, is_used: bool, now: datetime) -> Status:
    """Used, or nobody came. Raises `BookingNotBegun` or `BookingCannotMove`."""
    target = move(current, Status.USED if is_used else Status.NO_SHOW)
    if now < starts_at:
        raise BookingNotBegun(starts_at=starts_at.astimezone(CITY_ZONE).isoformat())
    return target


def must_not_be_over(current: str, ends_at: datetime, *, now: datetime) -> None:
    """Refuse to give back a room whose time has gone by. Raises `BookingOver`."""
    if current == Status.CONFIRMED and ends_at <= now:
        raise BookingOver(ends_at=ends_at.astimezone(CITY_ZONE).isoformat())


def repeated(first: Period, every: Every, times: int) -> list[Period]:
    """The times of a series, at the same hour by the city's clock."""
    step = timedelta(days=_STEP[every])
    length = first.ends_at - first.starts_at
    local = first.starts_at.astimezone(CITY_ZONE)
    return [
        Period(local + step * number, local + step * number + length) for number in range(times)
    ]


def hold_end(now: datetime, minutes: int, starts_at: datetime) -> datetime:
    """When a hold ends: after so many minutes, and never after its time has begun."""
    return min(now + timedelta(minutes=minutes), max(starts_at, now + timedelta(minutes=1)))

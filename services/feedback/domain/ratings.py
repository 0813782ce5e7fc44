"""Ratings 好差评: who may rate what, until when, on which device; what is bad; how one is mended.

Pure. Levels run from 5 (非常满意) to 1 (非常不满意). Source: 国办发〔2019〕51号 (once per service,
五级, 差评 = the last two levels); rules `rating.*` of the platform.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import DESKS, STAFF, ActorKind, Role
from common.clock import city_day
from common.contracts.feedback import RatingChannel
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.rules import RulesInForce

BEST: Final = 5
BY_STAFF: Final = frozenset({RatingChannel.STAFF_DEVICE, RatingChannel.CALL_BACK})
TOWN_DIGITS: Final = 9


class NotYourService(Forbidden):
    """The service was delivered to somebody else."""

    slug = "not-your-service"
    title = Text("不是您接受的服务", "Not your service")
    detail = Text(
        "只有接受服务的居民可以评价；没有账号的居民可在窗口设备或电话回访时评价。",
        "Only who was served may rate; who has no account rates at a counter or when called back.",
    )


class AlreadyRated(Conflict):
    """One delivered service has one rating."""

    slug = "already-rated"
    title = Text("该服务已评价", "Already rated")
    detail = Text(
        "一次服务只能评价一次；可在修改期内修改原评价。",
        "A delivered service is rated once; the rating may be amended while its time runs.",
    )


class RatingClosed(Conflict):
    """The time to rate or to amend is over."""

    slug = "rating-closed"
    title = Text("评价期已过", "The time to rate is over")
    detail = Text("评价或修改的截止日为 {day}。", "It could be rated or amended until {day}.")


class NotAtThisDevice(Conflict):
    """The device stands elsewhere, is switched off, or the service was on another day."""

    slug = "not-at-this-device"
    title = Text("该设备不能评价此服务", "Not at this device")
    detail = Text("{reason}", "{reason}")


class DeviceBusy(Conflict):
    """Ratings on one device keep a distance, so that nobody enters a row of them."""

    slug = "device-busy"
    title = Text("评价间隔过短", "Too soon after the last one")
    detail = Text(
        "同一设备两次评价至少间隔 {seconds} 秒。",
        "Two ratings on one device are at least {seconds} seconds apart.",
    )


class WrongRating(Invalid):
    """What was sent cannot be a rating; `errors` says where and why."""

    slug = "wrong-rating"
    title = Text("评价内容有误", "Wrong rating")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered service, as far as the rules of rating look at it."""

    rater: str | None
    venue_id: UUID | None
    area_code: str
    served_at: datetime
    rate_until_on: date
    is_rated: bool


@dataclass(frozen=True, slots=True)
class CounterDevice:
    """A registered device."""

    venue_id: UUID
    is_active: bool


@dataclass(frozen=True, slots=True)
class Option:
    """An indicator option: with which levels it may be chosen, on which days."""

    code: str
    for_levels: Collection[int]
    valid_from: date
    valid_to: date | None

    def stands_on(self, day: date) -> bool:
        """Whether the option could be chosen on a day. Both ends belong to it."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def is_bad(level: int, in_force: RulesInForce) -> bool:
    """Whether a level opens the loop. Source: rule `51.bad`."""
    return in_force.setting("bad_levels", "rating").admits(level)


def runs(until: date, now: datetime) -> bool:
    """Whether a service may still be rated: on its last day too."""
    return city_day(now) <= until


def rate_until(served_at: datetime, in_force: RulesInForce) -> date:
    """The last day on which a delivered service may be rated."""
    return city_day(served_at) + timedelta(days=in_force.rule("rating.window").number)


def amend_until(rated_at: datetime, in_force: RulesInForce) -> date:
    """The last day on which a rating may be amended."""
    return city_day(rated_at) + timedelta(days=in_force.rule("rating.amend").number)


def check_rater(actor: Actor, delivered: Delivered, channel: RatingChannel) -> None:
    """Residents rate what they were served; staff enter what a resident says to them.

    A call-back is made by a desk, never by the house that was rated. Raises `NotYourService`,
    `OutOfArea`, `WrongRating`.
    """
    if actor.kind is ActorKind.RESIDENT:
        if channel in BY_STAFF:
            told = Text("居民自行评价用 self 或 qr_code", "a resident rates by self or qr_code")
            raise WrongRating(errors=[FieldError("/channel", channel, told)])
        if delivered.rater is None or delivered.rater != actor.alias(Purpose.RATINGS):
            raise NotYourService
        return
    allowed = DESKS if channel is RatingChannel.CALL_BACK else STAFF
    if channel not in BY_STAFF or actor.roles.isdisjoint(allowed - {Role.GRID_WORKER}):
        raise NotYourService
    actor.must_cover(delivered.area_code)


def check_time(delivered: Delivered, now: datetime) -> None:
    """Once, and within the days of rating. Raises `AlreadyRated`, `RatingClosed`."""
    if delivered.is_rated:
        raise AlreadyRated
    if not runs(delivered.rate_until_on, now):
        raise RatingClosed(day=delivered.rate_until_on)


def check_device(device: CounterDevice, delivered: Delivered, now: datetime) -> None:
    """A counter rates what was served there, on the same day. Raises `NotAtThisDevice`."""
    if not device.is_active:
        raise NotAtThisDevice(reason=Text("该设备已停用。", "This device is switched off."))
    if delivered.venue_id != device.venue_id:
        told = Text("该服务不在此设备所在的载体。", "The service was not given at this venue.")
        raise NotAtThisDevice(reason=told)
    if city_day(delivered.served_at) != city_day(now):
        told = Text(
            "窗口设备只评价当日的服务；此后请自行评价或等待回访。",
            "A counter rates what was served today; later, rate yourself or when called back.",
        )
        raise NotAtThisDevice(reason=told)


def check_verdict(
    level: int,
    dimensions: Sequence[str],
    options: Sequence[str],
    known: Sequence[Option],
    day: date,
) -> None:
    """Dimensions once each; options that stand today and go with the level."""
    errors = []
    if len(set(dimensions)) < len(dimensions):
        told = Text("每个分项只能评价一次", "each dimension at most once")
        errors.append(FieldError("/dimensions", list(dimensions), told))
    standing = (
        {each.code for each in known if each.stands_on(day) and level in each.for_levels}
        if options
        else frozenset[str]()
    )
    for at, code in enumerate(options):
        if code not in standing or code in options[:at]:
            told = Text(
                "没有此选项，或不适用于该等级，或重复",
                "no such option, not for this level, or twice",
            )
            errors.append(FieldError(f"/options/{at}", code, told))
    if errors:
        raise WrongRating(errors=errors)


def town_of(area_code: str) -> str:
    """A division code coarsened to its town or street."""
    return area_code[:TOWN_DIGITS].ljust(12, "0")


def invited(used: int, cap: int, wanted: int) -> int:
    """How many of `wanted` invitations a resident still gets who had `used` of `cap` this year."""
    return max(0, min(wanted, cap - used))

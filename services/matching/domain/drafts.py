"""What a draft of a run rests on may have gone by the time it is committed. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from common.contracts.matching import NeedStatus, UnmetReason
from common.contracts.matching_allocation import Lapse
from common.contracts.registry.offerings import CapacityPeriod
from common.errors import Conflict, FieldError, Text

# Why nobody serves a need whose choice lapsed, if it is still open.
UNMET: Final[Mapping[Lapse, UnmetReason]] = {
    Lapse.OFFERING_CLOSED: UnmetReason.OFFERING_GONE,
    Lapse.NO_PROVIDER: UnmetReason.OFFERING_GONE,
    Lapse.COUNTED_BY_SESSION: UnmetReason.OFFERING_GONE,
    Lapse.SHUT_THAT_DAY: UnmetReason.CLOSED_AT_WANTED_TIME,
    Lapse.OVER_BUDGET: UnmetReason.OVER_BUDGET,
    Lapse.NOT_ELIGIBLE: UnmetReason.NOT_ELIGIBLE,
    Lapse.AGREEMENT_NEEDED: UnmetReason.NOT_ELIGIBLE,
}


class RunIsPast(Conflict):
    """The day whose places a draft holds is over: nobody can be referred to it any more."""

    slug = "run-is-past"
    title = Text("统筹分配的日期已过", "The day of the run is over")
    detail = Text(
        "草案的名额属于 {day}，该日已过，不能转介；请撤销本草案，另就今天或以后的日期统筹。",
        "The places of this draft are of {day}, which is over; cancel the draft, and ask for a run "
        "of today or of a day to come.",
    )


class Chosen(NamedTuple):
    """A choice of a draft, as its need and its offering are now."""

    need_status: str
    is_referred: bool
    price_at_most_fen: int | None
    is_open: bool
    provider_id: UUID | None
    capacity_period: str
    is_shut: bool  # on the day, as far as that is asked
    price_fen: int | None
    needs_agreement: bool


def is_past(day: date, today: date) -> bool:
    """Whether nobody can be referred to the places of a day any more."""
    return day < today


def check_day(day: date, today: date) -> None:
    """Raises `RunIsPast`."""
    if is_past(day, today):
        told = Text(f"应为 {today} 或以后", f"{today} or later")
        raise RunIsPast(day=day, errors=[FieldError("/session_on", str(day), told)])


def lapse(found: Chosen) -> Lapse | None:
    """The first thing by which a choice does not hold any more; None: it holds."""
    limit, price = found.price_at_most_fen, found.price_fen or 0
    gone = {
        Lapse.NOT_OPEN: found.need_status != NeedStatus.OPEN,
        Lapse.REFERRED: found.is_referred,
        Lapse.OFFERING_CLOSED: not found.is_open,
        Lapse.NO_PROVIDER: found.provider_id is None,
        Lapse.COUNTED_BY_SESSION: found.capacity_period == CapacityPeriod.SESSION,
        Lapse.SHUT_THAT_DAY: found.is_shut,
        Lapse.OVER_BUDGET: limit is not None and price > limit,
        Lapse.AGREEMENT_NEEDED: found.needs_agreement,
    }
    return next((why for why, is_so in gone.items() if is_so), None)

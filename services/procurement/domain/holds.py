"""What a suspension does to the clocks of a purchase: it stops them.

Pure. Source: 政府采购法 57 (the activity is suspended, so no time of the bidders runs). Nothing is
taken meanwhile, and what they had left they have afterwards.
"""

from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from common.clock import CITY_ZONE, city_day, day_end
from common.contracts.procurement_tenders import TenderStep

TAKING: Final = frozenset({TenderStep.TENDERING, TenderStep.FINAL_OFFERS})
_DAY: Final = timedelta(days=1)
# Hours of our own in which somebody hands in keys. What would end outside of them ends at a later
# hour than they begin: to be put off once more, it has to be held for the rest of such a day.
_OPEN, _RESUMED, _SHUT = time(9), time(10), time(17)


class Ends(NamedTuple):
    """Until when questions, bids and keys are taken."""

    enquiry_period_end_at: datetime | None
    tender_period_end_at: datetime | None
    reveal_period_end_at: datetime | None


def moved(ends: Ends, since: datetime, until_on: date | None, now: datetime) -> Ends:
    """Where ends are that a suspension `since` then has moved until now; it ends with its last day.

    All that lie ahead move by the same, so that bids and keys stay as far apart: by what the first
    of them needs. What was over before it stays over.
    """
    first = min((end for end in ends[1:] if end is not None and end > since), default=None)
    held = timedelta(0) if first is None else _held(first, since, until_on, now)
    return Ends(*(end if end is None or end <= since else end + held for end in ends))


def moved_alone(end: datetime, since: datetime, until_on: date | None, now: datetime) -> datetime:
    """The same for an end that no other goes with."""
    return end if end <= since else end + _held(end, since, until_on, now)


def _held(end: datetime, since: datetime, until_on: date | None, now: datetime) -> timedelta:
    """How much later an end is for a suspension.

    One that ran to its last day ends at midnight: whole days, a begun one counted, keep the hour.
    One that somebody ends earlier counts to the instant: who has the power to file a challenge and
    to take it back would else gain a day each time.
    """
    if until_on is not None and now >= day_end(until_on):
        return -((since - day_end(until_on)) // _DAY) * _DAY
    at = (end + (now - since)).astimezone(CITY_ZONE)
    if _OPEN <= at.time() <= _SHUT:
        return now - since
    day = city_day(at) if at.time() < _OPEN else city_day(at) + _DAY
    return datetime.combine(day, _RESUMED, CITY_ZONE) - end

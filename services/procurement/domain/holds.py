"""What a suspension does to the clocks of a purchase that takes bids: it stops them.

Pure. Source: 政府采购法 57 (the activity is suspended, so no time of the bidders runs). Nothing is
taken meanwhile, and what they had left they have afterwards.
"""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from common.clock import day_end
from common.contracts.procurement_tenders import TenderStep

TAKING: Final = frozenset({TenderStep.TENDERING, TenderStep.FINAL_OFFERS})
_DAY: Final = timedelta(days=1)


class Ends(NamedTuple):
    """Until when questions, bids and keys are taken."""

    enquiry_period_end_at: datetime | None
    tender_period_end_at: datetime | None
    reveal_period_end_at: datetime | None


def moved(ends: Ends, since: datetime, until_on: date | None, now: datetime) -> Ends:
    """Where ends are that a suspension `since` then has moved until now; it ends with its last day.

    They move by whole days, a day that was begun among them, and so keep their hour: a suspension
    ends at midnight, when nobody hands in keys. What was over before it stays over.
    """
    over = now if until_on is None else min(now, day_end(until_on))
    held = -((since - over) // _DAY) * _DAY
    return Ends(*(end if end is None or end <= since else end + held for end in ends))

"""What came of a booking, told otherwise: once, and why, within the days of the rule. Pure."""

from datetime import date
from typing import Final, NamedTuple

from common.contracts.registry.bookings import BookingStatus as Status
from common.errors import Conflict, FieldError, Invalid, Text
from registry.domain.bookings import NAMES, BookingCannotMove

TOLD: Final = frozenset({Status.USED, Status.NO_SHOW})


class AttendanceCorrected(Conflict):
    """What came of it was corrected once already."""

    slug = "attendance-corrected"
    title = Text("使用情况已更正过", "Corrected already")
    detail = Text(
        "该预约的使用情况已更正过一次，当前为“{current}”，不再更改。",
        "What came of the booking was corrected once; it stays {current}.",
    )


class CorrectionLate(Conflict):
    """Its days are over."""

    slug = "correction-late"
    title = Text("更正期限已过", "Too late to correct")
    detail = Text(
        "使用情况须在 {until} 之前（含当日）更正（规则 {rule}），此后计入台账不再更改。",
        "It could be corrected until {until} (rule {rule}); the ledger of use keeps it now.",
    )


class WrongAttendance(Invalid):
    """Whoever tells it otherwise says why."""

    slug = "wrong-attendance"
    title = Text("须说明更正原因", "Say why")


class Told(NamedTuple):
    """What was told of a booking, and whether it was corrected."""

    status: Status
    is_corrected: bool


def correct(
    told: Told, target: Status, *, reason: str | None, until: date, today: date, rule: str
) -> None:
    """Refuse a correction that changes nothing, comes twice or late, or gives no reason."""
    if told.status is target:
        raise BookingCannotMove(current=NAMES[told.status], target=NAMES[target])
    if told.is_corrected:
        raise AttendanceCorrected(current=NAMES[told.status])
    if today > until:
        raise CorrectionLate(until=until.isoformat(), rule=rule)
    if reason is None:
        message = Text("更正已登记的使用情况须填写原因", "needed when what was told is corrected")
        raise WrongAttendance(errors=[FieldError("/reason", None, message)])

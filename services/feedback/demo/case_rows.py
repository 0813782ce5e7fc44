"""Cases of the demo city as rows: clocks, steps and rungs as the use cases would have set them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from common.clock import city_day
from common.contracts.feedback import CaseKind, CaseStatus
from common.contracts.feedback_cases import ClockReason
from common.crypto.keys import Keys
from common.demo import LOADER, NOTE
from common.geo import Point
from feedback.demo.cases import DemoCase
from feedback.domain import clocks
from feedback.domain.cases import STAMPS, first_answer, stamps
from feedback.domain.clocks import Clock
from feedback.domain.duplicates import cell
from feedback.domain.numbers import Numbered, number
from feedback.domain.routing import RoutedBy
from feedback.queries.ground import Ground
from feedback.usecases.case_steps import columns
from feedback.usecases.cases import sealed_words
from feedback.usecases.routing import default_line

Row = dict[str, Any]
CITY: Final = "310000000000"
HOUR: Final = timedelta(hours=1)
_TIMES: Final = dict.fromkeys((*STAMPS.values(), "closed_at", "overdue_at", "escalated_at"))


class Terms(NamedTuple):
    """What the rules say of a case that comes in on one day."""

    contact: Clock
    clock: Clock
    rungs: list[datetime]
    line: str


class Written(NamedTuple):
    """The rows of one case."""

    case: Row
    clock: Row
    steps: list[Row]
    escalations: list[Row]


@dataclass
class CaseRows:
    """Turns cases into rows by the rules of their day."""

    base: Ground
    keys: Keys
    now: datetime
    _terms: dict[tuple[CaseKind, date], Terms] = field(default_factory=dict)

    def written(self, case_id: UUID, case: DemoCase) -> Written:
        """The case as it stands now, with its history."""
        terms = self._terms_of(case)
        steps = list(self._steps(case, terms))
        row = self._opened(case_id, case, terms)
        status = CaseStatus.RECEIVED
        for wanted, at in steps:
            row |= stamps(status, wanted, at)
            status = wanted
        row |= first_answer(row["fixed_at"], row["due_at"])
        if case.kind is CaseKind.COMPLAINT and row["fixed_at"]:
            row["is_upheld"] = case.is_upheld
        history = [("raise", CaseStatus.RECEIVED, case.received_at)]
        history += [(str(wanted), wanted, at) for wanted, at in steps]
        row |= {"version": len(history), "updated_at": history[-1][2]}
        return Written(
            row,
            _clock(case_id, case, terms.clock),
            [_step(case_id, seq, *each) for seq, each in enumerate(history, 1)],
            list(self._rungs(row, terms)),
        )

    def _terms_of(self, case: DemoCase) -> Terms:
        key = (case.kind, city_day(case.received_at))
        if key not in self._terms:
            held, calendar = self.base.at(CITY, case.received_at), self.base.calendar
            clock = clocks.received(case.kind, case.received_at, held, calendar)
            self._terms[key] = Terms(
                clocks.first_contact(case.received_at, held, calendar),
                clock,
                [
                    at
                    for level in range(clocks.TOP)
                    if (at := clocks.escalates(clock.due_at, level, held, calendar))
                ],
                default_line(held),
            )
        return self._terms[key]

    def _steps(self, case: DemoCase, terms: Terms) -> Iterator[tuple[CaseStatus, datetime]]:
        """What happened by now, each with its time."""
        accepted_at = case.received_at + 3 * HOUR
        if accepted_at >= self.now:
            return
        yield CaseStatus.ACCEPTED, accepted_at
        if case.is_taken_back:
            if accepted_at + HOUR < self.now:
                yield CaseStatus.WITHDRAWN, accepted_at + HOUR
            return
        fixed_at = accepted_at + case.taken * (terms.clock.due_at - accepted_at)
        if fixed_at >= self.now:
            return
        yield CaseStatus.FIXED, fixed_at
        if fixed_at + 20 * HOUR < self.now:
            yield CaseStatus.CONFIRMED, fixed_at + 20 * HOUR

    def _opened(self, case_id: UUID, case: DemoCase, terms: Terms) -> Row:
        offering, at = case.offering, case.received_at
        name = f"{LOADER}（{NOTE}）"
        return {
            **_TIMES,
            "id": case_id,
            "number": number(Numbered.CASE, city_day(at), case_id),
            "kind": case.kind.value,
            "category": offering.category,
            "line": terms.line,
            "area_code": offering.area_code,
            "channel": case.channel.value,
            "status": CaseStatus.RECEIVED,
            "words": sealed_words(self.keys, case_id, case.words),
            "lon": case.lon,
            "lat": case.lat,
            "cell": cell(Point(case.lon, case.lat)),
            "offering_id": offering.id,
            "provider_id": offering.provider_id,
            "venue_id": offering.venue_id,
            "service_item_id": offering.service_item_id,
            "responsible_body_id": offering.department_id,
            "routed_by": RoutedBy.SERVICE_ITEM.value,
            "routed_at": at,
            "is_upheld": None,
            "is_send_back_asked": False,
            **dict.fromkeys(("send_backs", "extensions", "escalation_level"), 0),
            "received_at": at,
            "contact_due_at": terms.contact.due_at,
            "is_contact_provisional": terms.contact.is_provisional,
            "clock": 1,
            **columns(terms.clock),
            "escalates_at": terms.rungs[0],
            "version": 1,
            "created_at": at,
            "updated_at": at,
            "created_by": name,
            "updated_by": name,
        }

    def _rungs(self, row: Row, terms: Terms) -> Iterator[Row]:
        """Late is late for ever and was told rung by rung; the ladder asks who still runs."""
        ended_at = row["fixed_at"] or row["closed_at"]
        if ended_at is None:
            return
        if ended_at > row["due_at"]:
            row["overdue_at"] = row["due_at"]
        for level, at in enumerate(terms.rungs, 1):
            if ended_at > at:
                row |= {"escalation_level": level, "escalated_at": at}
                yield {"case_id": row["id"], "clock": 1, "level": level, "at": at}


def _clock(case_id: UUID, case: DemoCase, clock: Clock) -> Row:
    return {
        "case_id": case_id,
        "seq": 1,
        "at": case.received_at,
        "reason": ClockReason.RECEIVED.value,
        "started_on": clock.started_on,
        "days": clock.days,
        "due_at": clock.due_at,
        "is_provisional": clock.is_provisional,
        "rule": clock.rule,
        "by": LOADER,
        "words": None,
    }


def _step(case_id: UUID, seq: int, action: str, status: CaseStatus, at: datetime) -> Row:
    facts = orjson.dumps({"source": NOTE}).decode()
    told = {"action": action, "status": status.value, "by": LOADER, "facts": facts}
    return {"case_id": case_id, "seq": seq, "at": at, **told, "words": None, "is_shared": False}

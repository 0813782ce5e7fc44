"""What was recognised is none after all: the case goes its ordinary way, to whom it belongs."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.feedback import CaseStatus
from feedback import tables
from feedback.domain import cases as case_rules
from feedback.domain.routing import route
from feedback.queries import intake
from feedback.usecases.routing import columns, default_line

_GOES_ON: Final = case_rules.UNDER_WAY | {CaseStatus.HANDED_OVER}


async def clear(session: AsyncSession, row: tables.Case, now: datetime) -> dict[str, str]:
    """Forget what was recognised, name the body that answers; the facts of it, for the history.

    The deadline stays. Who gets the case only now has its time to send back from now on; what the
    desk has answered meanwhile stays the desk's.
    """
    facts = {
        "recognised": row.boundary or "-",
        "word": row.boundary_word or "-",
        "rule": row.boundary_rule or "-",
    }
    row.boundary = row.boundary_word = row.boundary_rule = None
    if row.status not in _GOES_ON:
        return facts
    row.routed_at = now
    if row.responsible_body_id is None:
        standing = await intake.standing(session, row.category, row.area_code)
        line = default_line(standing.ground.at(row.area_code, now))
        for name, value in columns(route(standing.answerers, line, city_day(now))).items():
            setattr(row, name, value)
    if row.responsible_body_id is not None:
        facts["body"] = str(row.responsible_body_id)
    return facts

"""Late steps are told upwards: set by set, once each level, seen in lists and in the feed.

Whoever is killed half-way has changed nothing: a batch is one transaction, and the key of
`escalation` refuses the same level of the same step twice.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.clock import day_end
from common.ids import uuid7s
from common.records import name_of
from feedback.domain.late_steps import Late, Rung, again, climb
from feedback.queries import late_steps as queries
from feedback.queries.ground import Ground, ground
from feedback.usecases.clockwork import CLOCKWORK

_KINDS: Final[Mapping[Late, str]] = {
    Late.CONTACT: "case",
    Late.BAD_RATING: "rating",
    Late.SUPERVISION: "supervision",
}
_FED: Final = frozenset({"case", "rating"})  # supervision is public in its own list


async def tell(session: AsyncSession, late: Late, *, now: datetime, limit: int) -> int:
    """Tell the longest late steps of a kind one level up; how many were looked at."""
    rows = (await session.execute(queries.late(late, now=now, limit=limit))).all()
    if not rows:
        return 0
    stands = await ground(session)
    rungs = {row.id: _rung(late, row, stands, now) for row in rows}
    told = [row for row in rows if rungs[row.id].level > row.level]
    by, kind = name_of(CLOCKWORK), _KINDS[late]
    await queries.raise_levels(session, late, rungs, by=by, now=now)
    if not told:
        return len(rows)
    ids = uuid7s(len(told))
    pairs = zip(ids, told, strict=True)
    climbed = [_climbed(each, row, late, rungs[row.id], now) for each, row in pairs]
    steps = [_step(row, by, now) for row in told] if late is Late.CONTACT else []
    await queries.keep(session, climbed, steps)
    if kind in _FED:
        feed.mark_many(session, kind, [row.id for row in told])
    audit.note_many(
        session,
        CLOCKWORK,
        action=f"{kind}.tell_late",
        kind=kind,
        changes=[
            audit.Change(
                row.id,
                row.area_code,
                {"step": row.step, "level": row.level},
                {"step": row.step, "level": row.level + 1},
                None,
            )
            for row in told
        ],
    )
    return len(rows)


def moved(
    late: Late, due_at: datetime, level: int, area_code: str, stands: Ground, now: datetime
) -> datetime | None:
    """When a step that was told so far is told further, once its deadline was set anew."""
    if level == 0:
        return None  # at its deadline
    return again(late, due_at, level, stands.at(area_code, now), stands.calendar)


def _due_at(late: Late, row: Any) -> datetime:
    due: datetime = day_end(queries.day_of(row.due)) if late is Late.BAD_RATING else row.due
    return due


def _rung(late: Late, row: Any, stands: Ground, now: datetime) -> Rung:
    in_force = stands.at(row.area_code, now)
    return climb(late, _due_at(late, row), row.level, in_force, stands.calendar, now)


def _climbed(
    escalation_id: UUID, row: Any, late: Late, rung: Rung, now: datetime
) -> dict[str, Any]:
    return {
        "id": escalation_id,
        "record_id": row.id,
        "step": row.step,
        "level": rung.level,
        "round": row.round,
        "area_code": row.area_code,
        "due_at": _due_at(late, row),
        "at": now,
    }


def _step(row: Any, by: str, now: datetime) -> dict[str, Any]:
    """A line in the history of a case."""
    return {
        "case_id": row.id,
        "seq": row.version + 1,
        "at": now,
        "action": "tell_late_contact",
        "status": row.status,
        "by": by,
        "words": None,
        "is_shared": True,
        "facts": {"level": str(row.level + 1)},
    }

"""Programmes: drafted by a line, published, ended or dropped. Nothing is deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.programmes import (
    ProgrammeIn,
    ProgrammeMove,
    ProgrammePatch,
    ProgrammeStatus,
)
from common.edge import must_match
from common.errors import Conflict, Text
from registry import tables
from registry.domain import programmes as rules
from registry.queries import dictionaries
from registry.queries import programmes as queries
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, tell, touch

KIND: Final = "programme"
_NEEDED: Final = frozenset(ProgrammeIn.model_fields) - {"code", "service_item_id"}
_TIMES: Final[Mapping[ProgrammeStatus, str]] = {
    ProgrammeStatus.PUBLISHED: "published_at",
    ProgrammeStatus.ENDED: "ended_at",
    ProgrammeStatus.DROPPED: "dropped_at",
}


class ProgrammeCodeTaken(Conflict):
    """Another programme has the external code."""

    slug = "programme-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有项目使用该外部编码。", "Another programme has this external code.")


async def add_programme(
    session: AsyncSession, programme: ProgrammeIn, *, by: Actor, now: datetime
) -> tables.Programme:
    """A new draft of the caller's line and area."""
    by.must_cover(programme.area_code)
    by.must_see_line(programme.line)
    values = await _checked(session, programme.model_dump(), now=now)
    rules.check(values)

    row = tables.Programme(**values, status=ProgrammeStatus.DRAFT, **made(by, now))
    session.add(row)
    await session.flush()
    after = programme.model_dump(mode="json", exclude_none=True)
    tell(session, by, "programme.add", row, after=after)
    return row


async def edit_programme(
    session: AsyncSession,
    programme_id: UUID,
    patch: ProgrammePatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Programme:
    """Change a programme that has not ended; it stays with the caller's line and area."""
    row = await _reached(session, programme_id, version=version, by=by)
    if row.status in rules.ENDED:
        raise rules.ProgrammeEnded
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(asked.get("area_code", row.area_code))
    by.must_see_line(asked.get("line", row.line))
    if "years" in asked:
        asked["years"] = [each.model_dump() for each in asked["years"]]
    values = await _checked(session, asked, now=now)
    rules.check({name: getattr(row, name) for name in ProgrammeIn.model_fields} | values)

    before, after = change(row, values)
    if after:
        touch(row, by, now)
        tell(session, by, "programme.edit", row, reason=row.end_reason, before=before, after=after)
    return row


async def move_programme(
    session: AsyncSession,
    programme_id: UUID,
    step: ProgrammeMove,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Programme:
    """Publish a programme, end it, or drop a draft."""
    row = await _reached(session, programme_id, version=version, by=by)
    before = {"status": row.status}
    row.status = rules.move(row.status, step.status, reason=step.reason)
    setattr(row, _TIMES[step.status], now)
    row.end_reason = step.reason if step.status in rules.ENDED else None
    touch(row, by, now)
    after = {"status": row.status}
    tell(session, by, "programme.move", row, reason=row.end_reason, before=before, after=after)
    return row


async def _reached(
    session: AsyncSession, programme_id: UUID, *, version: int, by: Actor
) -> tables.Programme:
    row = await queries.programme_for_update(session, programme_id)
    by.must_cover(row.area_code)
    by.must_see_line(row.line)
    must_match(row.version, version)
    return row


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    groups = list(dict.fromkeys(values.get("target_groups") or ()))
    words = {
        "/category": (Dictionary.SERVICE_CATEGORY, values.get("category")),
        "/line": (Dictionary.DEPARTMENT_LINE, values.get("line")),
    } | {
        f"/target_groups/{index}": (Dictionary.TARGET_GROUP, group)
        for index, group in enumerate(groups)
    }
    await dictionaries.must_know(session, words, on=city_day(now))
    if "target_groups" in values:
        values["target_groups"] = groups
    bodies = {"/department_id": values.get("department_id")}
    await must_exist(session, tables.Organisation, bodies)
    items = {"/service_item_id": values.get("service_item_id")}
    await must_exist(session, tables.ServiceItem, items)
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"])
    return values

"""Delivery lists: drafted, published for a time, withdrawn. What is published stays as it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.delivery_lists import (
    DeliveryLineIn,
    DeliveryListIn,
    DeliveryListPatch,
    ListStatus,
)
from common.edge import must_match
from common.errors import Conflict, Text
from common.turns import take_turn
from registry import tables
from registry.domain import delivery_lists as rules
from registry.domain.areas import check_period
from registry.queries import delivery_lists as queries
from registry.queries.references import area_id
from registry.usecases.editing import change, given, made, tell, touch

KIND: Final = "delivery_list"
_TOWN: Final = frozenset({AreaKind.TOWN})


class ListOverlaps(Conflict):
    """Another list of the street is published for some of these days."""

    slug = "list-overlaps"
    title = Text("清单时间重叠", "The lists overlap")
    detail = Text(
        "该街镇在此期间已有公布的清单，请先撤回或改期。",
        "The town has a published list for some of these days; withdraw it or change the days.",
    )


async def add_list(
    session: AsyncSession, draft: DeliveryListIn, *, by: Actor, now: datetime
) -> tables.DeliveryList:
    """A draft for a town of the caller's area."""
    by.must_cover(draft.area_code)
    check_period(draft.valid_from, draft.valid_to)
    row = tables.DeliveryList(
        title=draft.title,
        area_id=await area_id(session, draft.area_code, kinds=_TOWN),
        area_code=draft.area_code,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        lines=await _lines(session, draft.lines, now=now),
        status=ListStatus.DRAFT,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    after = draft.model_dump(mode="json", exclude={"lines"})
    tell(session, by, "delivery_list.add", row, after=after)
    return row


async def edit_list(
    session: AsyncSession,
    list_id: UUID,
    patch: DeliveryListPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.DeliveryList:
    """Change a draft."""
    row = await _reached(session, list_id, version=version, by=by)
    if row.status != ListStatus.DRAFT:
        raise rules.ListNotDraft
    values = {name: value for name, value in given(patch).items() if value is not None}
    if "lines" in values:
        values["lines"] = await _lines(session, values["lines"], now=now)
    check_period(values.get("valid_from", row.valid_from), values.get("valid_to", row.valid_to))
    before, after = change(row, values)
    if after:
        touch(row, by, now)
        tell(session, by, "delivery_list.edit", row, before=before, after=after)
    return row


async def publish_list(
    session: AsyncSession, list_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.DeliveryList:
    """Publish a draft all of whose resources can be called, on its first day too."""
    row = await _reached(session, list_id, version=version, by=by)
    status = rules.move(row.status, ListStatus.PUBLISHED)
    names = await queries.named(session, row.lines, on=max(city_day(now), row.valid_from))
    rules.must_be_callable(row.lines, names)
    row.lines = rules.with_names(row.lines, names)
    await take_turn(session, KIND, row.area_code)
    row.status, row.published_at = status, now
    touch(row, by, now)
    await session.flush()
    tell(session, by, "delivery_list.publish", row, after={"status": status})
    return row


async def withdraw_list(
    session: AsyncSession, list_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.DeliveryList:
    """Take a published list back; it stays readable for the staff of the area."""
    row = await _reached(session, list_id, version=version, by=by)
    row.status, row.withdrawn_at = rules.move(row.status, ListStatus.WITHDRAWN), now
    touch(row, by, now)
    tell(session, by, "delivery_list.withdraw", row, after={"status": row.status})
    return row


async def _reached(
    session: AsyncSession, list_id: UUID, *, version: int, by: Actor
) -> tables.DeliveryList:
    row = await queries.list_for_update(session, list_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    return row


async def _lines(
    session: AsyncSession, lines: Sequence[DeliveryLineIn], *, now: datetime
) -> list[dict[str, Any]]:
    """Lines as they are kept: names that nobody gave come from what they point at."""
    kept = [line.model_dump(mode="json") for line in lines]
    rules.check(kept)
    return rules.with_names(kept, await queries.named(session, kept, on=city_day(now)))

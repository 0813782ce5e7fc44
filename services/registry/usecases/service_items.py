"""Service items: written, published with a validity, retired. Nothing is deleted."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.service_items import (
    ItemMove,
    ItemStatus,
    ServiceItemIn,
    ServiceItemPatch,
)
from common.edge import must_match
from common.errors import Conflict, Text
from registry import tables
from registry.domain import offerings as rules
from registry.domain.areas import check_period
from registry.domain.searching import item_tokens
from registry.queries import dictionaries
from registry.queries import service_items as queries
from registry.queries.categories import categories
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, plain, touch

KIND: Final = "service_item"
_NEEDED: Final = frozenset({"name", "category", "target_groups", "area_code"})


class ServiceItemCodeTaken(Conflict):
    """Another service item has the external code."""

    slug = "service-item-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有事项使用该外部编码。", "Another service item has this external code.")


async def add_item(
    session: AsyncSession, item: ServiceItemIn, *, by: Actor, now: datetime
) -> tables.ServiceItem:
    """A new service item of the caller's area: a draft."""
    by.must_cover(item.area_code)
    values = await _checked(session, item.model_dump(), now=now)
    _check_validity(item.valid_from, item.valid_to)

    row = tables.ServiceItem(
        **values,
        status=ItemStatus.DRAFT,
        search=await _tokens(session, values),
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    feed.mark(session, KIND, row.id)
    after = item.model_dump(mode="json", exclude_none=True)
    audit.note(
        session,
        by,
        action="service_item.add",
        target=(KIND, row.id),
        area=row.area_code,
        after=after,
    )
    return row


async def edit_item(
    session: AsyncSession,
    item_id: UUID,
    patch: ServiceItemPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.ServiceItem:
    """Change a service item that is not retired; a published one stays complete."""
    row = await queries.item_for_update(session, item_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    _must_stand(row)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    by.must_cover(asked.get("area_code", row.area_code))
    values = await _checked(session, asked, now=now)
    present = {name: getattr(row, name) for name in ServiceItemIn.model_fields}
    _check_validity(*(({**present, **values})[name] for name in ("valid_from", "valid_to")))
    if row.status == ItemStatus.PUBLISHED:
        rules.item_must_be_complete({**present, **values})

    before, after = change(row, values)
    if not after:
        return row
    row.search = await _tokens(session, {**present, **values})
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action="service_item.edit",
        target=(KIND, row.id),
        area=row.area_code,
        before={k: plain(v) for k, v in before.items()},
        after={k: plain(v) for k, v in after.items()},
    )
    return row


async def move_item(
    session: AsyncSession, item_id: UUID, step: ItemMove, *, version: int, by: Actor, now: datetime
) -> tables.ServiceItem:
    """Publish a service item, or retire it."""
    row = await queries.item_for_update(session, item_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    target = rules.move_item(row.status, step.status)
    if target is ItemStatus.PUBLISHED:
        present = {name: getattr(row, name) for name in ServiceItemIn.model_fields}
        rules.item_must_be_complete(present)

    before = {"status": row.status}
    row.status = target
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=f"service_item.{_VERBS[target]}",
        target=(KIND, row.id),
        area=row.area_code,
        before=before,
        after={"status": target},
        reason=step.reason,
    )
    return row


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The columns that some fields fill, each field checked."""
    groups = list(dict.fromkeys(values.get("target_groups") or ()))
    words = {"/category": (Dictionary.SERVICE_CATEGORY, values.get("category"))} | {
        f"/target_groups/{index}": (Dictionary.TARGET_GROUP, group)
        for index, group in enumerate(groups)
    }
    await dictionaries.must_know(session, words, on=city_day(now))
    if "target_groups" in values:
        values["target_groups"] = groups
    bodies = ("responsible_department_id", "handling_body_id")
    asked = {f"/{name}": values.get(name) for name in bodies}
    await must_exist(session, tables.Organisation, asked)
    if "area_code" in values:
        values["area_id"] = await area_id(session, values["area_code"])
    return values


def _check_validity(valid_from: date | None, valid_to: date | None) -> None:
    if valid_from is not None:
        check_period(valid_from, valid_to)


def _must_stand(row: tables.ServiceItem) -> None:
    if row.status == ItemStatus.RETIRED:
        raise rules.Retired


async def _tokens(session: AsyncSession, values: dict[str, Any]) -> list[str]:
    known = await categories(session)
    return item_tokens(
        values["name"], values["description"], known[values["category"]], values["code"]
    )


_VERBS: Final = {
    ItemStatus.PUBLISHED: "publish",
    ItemStatus.RETIRED: "retire",
    ItemStatus.DRAFT: "draft",
}

"""Bundles with what they hold, and the feed's states."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.auth.permissions import Permission
from common.contracts.registry import bundles as contracts
from common.contracts.registry.bundles import MemberKind
from common.errors import NotFound, Text
from registry import tables
from registry.queries.finding import Key, chosen, in_order, ranked, under, within_reach

B, M, A = tables.Bundle, tables.BundleMember, tables.Area
WHAT: Final = Text("资源组团", "bundle")
_TOLD: Final = tuple(kind for kind in MemberKind if kind is not MemberKind.PERSON)
_HELD: Final = {*(f"{kind}_ids" for kind in _TOLD), "people"}
_SHOWN: Final = tuple(n for n in contracts.Bundle.model_fields if n not in _HELD | {"area_path"})


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of bundles is asked for."""

    area: str | None = None
    status: contracts.BundleStatus | None = None
    operator_id: UUID | None = None


def _columns() -> Select[Any]:
    return select(*(getattr(B, n) for n in _SHOWN), A.path_name.label("area_path")).join(
        A, A.id == B.area_id
    )


def seen(actor: Actor) -> ColumnElement[bool]:
    """What runs or ran is public; drafts are shown to who may work on them."""
    begun = B.status != "draft"
    if not actor.may(Permission.BUNDLE_WRITE):
        return begun
    return or_(begun, *within_reach(actor, B.area_code))


async def page(
    session: AsyncSession, actor: Actor, filters: Filters, *, after: Key | None, limit: int
) -> list[contracts.Bundle]:
    """A page of bundles, by area code and id."""
    wanted = chosen(
        (filters.area, partial(under, B.area_code)),
        (filters.status, B.status.__eq__),
        (filters.operator_id, B.operator_id.__eq__),
    )
    rows = select().select_from(B).where(seen(actor), *wanted)
    found = ranked(rows, B.area_code, B.id, after=after, limit=limit)
    return await _whole(session, in_order(_columns(), found, B.id))


async def found(session: AsyncSession, actor: Actor, bundle_id: UUID) -> contracts.Bundle:
    """One bundle among those that the caller may see."""
    shown = await _whole(session, _columns().where(B.id == bundle_id, seen(actor)))
    if not shown:
        raise NotFound(what=WHAT, key=bundle_id)
    return shown[0]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Bundle]:
    """The feed's states: what runs or ran."""
    shown = await _whole(session, _columns().where(B.id.in_(ids), B.status != "draft"))
    return {each.id: each for each in shown}


async def _whole(session: AsyncSession, statement: Select[Any]) -> list[contracts.Bundle]:
    rows = list(await session.execute(statement))
    held = await members(session, [row.id for row in rows])
    return [
        contracts.Bundle.model_validate(
            {
                **row._asdict(),
                **{f"{kind}_ids": held[row.id][kind] for kind in _TOLD},
                "people": len(held[row.id][MemberKind.PERSON]),
            }
        )
        for row in rows
    ]


async def members(
    session: AsyncSession, bundle_ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[MemberKind, list[UUID]]]:
    """What bundles hold, by kind."""
    held: dict[UUID, dict[MemberKind, list[UUID]]] = defaultdict(
        lambda: {kind: [] for kind in MemberKind}
    )
    statement = select(M).where(M.bundle_id.in_(bundle_ids)).order_by(M.bundle_id, M.id)
    for row in await session.scalars(statement):
        for kind in MemberKind:
            if (member_id := getattr(row, f"{kind}_id")) is not None:
                held[row.bundle_id][kind].append(member_id)
    return held


async def places(
    session: AsyncSession, table: type[Any], ids: Sequence[UUID]
) -> Mapping[UUID, str]:
    """The areas in which records lie."""
    rows = await session.execute(select(table.id, table.area_code).where(table.id.in_(ids)))
    return {row.id: row.area_code for row in rows}


async def put(
    session: AsyncSession, bundle_id: UUID, kind: MemberKind, ids: Sequence[UUID], *, runs: bool
) -> None:
    """Let a bundle hold exactly these things of a kind."""
    column = getattr(M, f"{kind}_id")
    await session.execute(delete(M).where(M.bundle_id == bundle_id, column.is_not(None)))
    session.add_all(
        M(bundle_id=bundle_id, is_running=runs, **{column.key: each}) for each in dict.fromkeys(ids)
    )
    await session.flush()


async def run(session: AsyncSession, bundle_id: UUID, *, runs: bool) -> None:
    """Say of all that a bundle holds whether it is being run."""
    await session.execute(update(M).where(M.bundle_id == bundle_id).values(is_running=runs))


async def bundle_for_update(session: AsyncSession, bundle_id: UUID) -> tables.Bundle:
    """A bundle, locked until the transaction ends."""
    row = (
        await session.scalars(select(B).where(B.id == bundle_id).with_for_update())
    ).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=bundle_id)
    return row

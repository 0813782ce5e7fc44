"""Bundles: put together, run by one operator, ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.bundles import (
    BundleIn,
    BundleMove,
    BundlePatch,
    BundleStatus,
    MemberKind,
)
from common.edge import must_match
from common.errors import Conflict, FieldError, Invalid, Text
from registry import tables
from registry.domain import bundles as rules
from registry.domain.areas import check_period
from registry.queries import bundles as queries
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, tell, touch
from registry.usecases.people import must_be_somebody

KIND: Final = "bundle"
_HELD: Final = {f"{kind}_ids": kind for kind in MemberKind}
_TABLES: Final[Mapping[MemberKind, type[Any]]] = {
    MemberKind.OFFERING: tables.Offering,
    MemberKind.VENUE: tables.Venue,
    MemberKind.FUND: tables.Fund,
    MemberKind.PROGRAMME: tables.Programme,
    MemberKind.PERSON: tables.Person,
}
_NEEDED: Final = frozenset({"title", "purpose", "valid_from"})


class BundleCodeTaken(Conflict):
    """Another bundle has the external code."""

    slug = "bundle-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有组团使用该外部编码。", "Another bundle has this external code.")


class BeyondTheArea(Invalid):
    """What others govern is not run by a bundle of one's own."""

    slug = "beyond-the-area"
    title = Text("含辖区以外的资源", "Beyond the area")


_FAR: Final = Text(
    "不在辖区内；跨辖区的组团由上级组建",
    "outside your area; a superior puts such a bundle together",
)
_HELD_BY_AREA: Final = frozenset({MemberKind.OFFERING, MemberKind.VENUE, MemberKind.FUND})
_NOTHING: Final[Mapping[MemberKind, Sequence[UUID]]] = {}


async def add_bundle(
    session: AsyncSession, bundle: BundleIn, *, by: Actor, now: datetime
) -> tables.Bundle:
    """A new draft in the caller's area."""
    by.must_cover(bundle.area_code)
    check_period(bundle.valid_from, bundle.valid_to)
    values = bundle.model_dump()
    held = {kind: values.pop(name) for name, kind in _HELD.items()}
    await _check(session, bundle.area_code, values, held, by=by)
    values["area_id"] = await area_id(session, bundle.area_code)

    row = tables.Bundle(**values, status=BundleStatus.DRAFT, **made(by, now))
    session.add(row)
    await session.flush()
    for kind, ids in held.items():
        await queries.put(session, row.id, kind, ids, runs=False)
    tell(session, by, "bundle.add", row, after=bundle.model_dump(mode="json", exclude_none=True))
    return row


async def edit_bundle(
    session: AsyncSession,
    bundle_id: UUID,
    patch: BundlePatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Bundle:
    """Change a bundle that has not ended; a list that is given replaces the one that stands."""
    row = await _reached(session, bundle_id, version=version, by=by)
    if row.status == BundleStatus.ENDED:
        raise rules.BundleEnded
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    held = {kind: asked.pop(name) or [] for name, kind in _HELD.items() if name in asked}
    stands = (await queries.members(session, [row.id]))[row.id]
    held = {kind: ids for kind, ids in held.items() if set(ids) != set(stands[kind])}
    await _check(session, row.area_code, asked, held, by=by, stands=stands)
    check_period(asked.get("valid_from", row.valid_from), asked.get("valid_to", row.valid_to))
    if row.status == BundleStatus.RUNNING:
        rules.must_run(
            has_operator=asked.get("operator_id", row.operator_id) is not None,
            has_members=_has_members({**stands, **held}),
        )

    before, after = change(row, asked)
    if not after and not held:
        return row
    for kind, ids in held.items():
        await queries.put(session, row.id, kind, ids, runs=row.status == BundleStatus.RUNNING)
    touch(row, by, now)
    counts = {f"{kind}_ids": len(ids) for kind, ids in held.items()}
    tell(
        session, by, "bundle.edit", row, reason=row.end_reason, before=before, after=after | counts
    )
    return row


async def move_bundle(
    session: AsyncSession,
    bundle_id: UUID,
    step: BundleMove,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Bundle:
    """Let it run, or end it; while it runs, nobody else runs what is in it."""
    row = await _reached(session, bundle_id, version=version, by=by)
    held = (await queries.members(session, [row.id]))[row.id]
    before = {"status": row.status}
    row.status = rules.move(
        row.status,
        step.status,
        has_operator=row.operator_id is not None,
        has_members=_has_members(held),
        reason=step.reason,
    )
    runs = row.status == BundleStatus.RUNNING
    if runs:
        row.started_at = now
    else:
        row.ended_at, row.end_reason = now, step.reason
        row.started_at = row.started_at or now
    await queries.run(session, row.id, runs=runs)
    touch(row, by, now)
    after = {"status": row.status}
    tell(session, by, "bundle.move", row, reason=row.end_reason, before=before, after=after)
    return row


async def _reached(
    session: AsyncSession, bundle_id: UUID, *, version: int, by: Actor
) -> tables.Bundle:
    row = await queries.bundle_for_update(session, bundle_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    return row


async def _check(
    session: AsyncSession,
    area_code: str,
    values: Mapping[str, Any],
    held: Mapping[MemberKind, Sequence[UUID]],
    *,
    by: Actor,
    stands: Mapping[MemberKind, Sequence[UUID]] = _NOTHING,
) -> None:
    """What is named stands, unless it `stands` in the bundle already; people work in the district.

    What a bundle runs nobody else can run, and whose money it names pays for it: so these are the
    caller's. A superior puts the places of several streets together.
    """
    operator = {"/operator_id": values.get("operator_id")}
    await must_exist(session, tables.Organisation, operator)
    for kind, ids in held.items():
        known = stands.get(kind, ())
        asked = {f"/{kind}_ids/{n}": each for n, each in enumerate(ids) if each not in known}
        await must_exist(session, _TABLES[kind], asked)
        if kind in _HELD_BY_AREA:
            places = await queries.places(session, _TABLES[kind], ids)
            far = [pointer for pointer, each in asked.items() if not by.covers(places[each])]
            if far:
                raise BeyondTheArea(
                    errors=[FieldError(each, str(asked[each]), _FAR) for each in far]
                )
        if kind is MemberKind.PERSON:
            await must_be_somebody(session, asked, area_code)


def _has_members(held: Mapping[MemberKind, Sequence[UUID]]) -> bool:
    return bool(held[MemberKind.OFFERING] or held[MemberKind.VENUE])

"""Offerings: drafted, published, suspended, retired. Each step leaves who, when and why.

The provider is locked first, then the venues, then the offering (`queries.turns`): a venue neither
moves nor closes while an offering copies its place or is published in it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.registry.offerings import (
    OfferingIn,
    OfferingMove,
    OfferingPatch,
    OfferingStatus,
)
from common.edge import must_match
from common.errors import Conflict, Forbidden, Text
from registry import tables
from registry.domain import offerings as rules
from registry.queries import offerings as queries
from registry.queries import organisations
from registry.queries.venues import venues_for_copy
from registry.usecases.editing import PURPOSE, change, given, made, plain, tell, touch
from registry.usecases.offering_columns import (
    FACTS,
    checked,
    described,
    must_be_inside,
    placed,
    venue_named,
)

KIND: Final = "offering"
_NEEDED: Final = frozenset({"name", "category", "channels", "target_groups", "eligibility"})
_PUBLIC: Final = frozenset({OfferingStatus.PUBLISHED, OfferingStatus.SUSPENDED})
_OUTSIDERS: Final = frozenset({Role.PROVIDER, Role.RESIDENT, Role.PUBLIC})


class OfferingCodeTaken(Conflict):
    """Another offering has the external code."""

    slug = "offering-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有服务使用该外部编码。", "Another offering has this external code.")


class OnlyDrafts(Forbidden):
    """A provider prepares; what is public is changed by the office that answers for it."""

    slug = "only-drafts"
    title = Text("只能修改草稿", "Only drafts")
    detail = Text(
        "服务机构只能修改本机构的草稿；已发布的内容请联系责任部门。",
        "A provider edits drafts only; ask the responsible department to change what is published.",
    )


async def add_offering(
    session: AsyncSession, offering: OfferingIn, *, by: Actor, now: datetime
) -> tables.Offering:
    """A new offering: a draft of the caller's area, or of the caller's organisation."""
    values = await checked(session, offering.model_dump(), now=now)
    venues = await venues_for_copy(session, [offering.venue_id])
    venue = venue_named(venues, offering.venue_id)
    values |= await placed(session, values, venue)
    by.must_reach(values["area_code"], values["provider_id"])
    rules.check(values)
    await must_be_inside(session, values)

    row = tables.Offering(
        **values,
        **await described(session, values),
        status=OfferingStatus.DRAFT,
        status_since=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add(_step(row, None, OfferingStatus.DRAFT, None, by=by, now=now))
    feed.mark(session, KIND, row.id)
    after = offering.model_dump(mode="json", exclude_none=True)
    audit.note(
        session, by, action="offering.add", target=(KIND, row.id), area=row.area_code, after=after
    )
    return row


async def edit_offering(
    session: AsyncSession,
    offering_id: UUID,
    patch: OfferingPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Offering:
    """Change an offering that is not retired; what is published stays complete."""
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    await organisations.standing(session, [asked.get("provider_id")])
    here = await queries.venue_of(session, offering_id)
    venues = await venues_for_copy(session, [here, asked.get("venue_id")])
    row = await queries.offering_for_update(session, offering_id)
    must_match(row.version, version)
    _must_be_editable(row, by)
    values = await checked(session, asked, now=now)
    present = {name: getattr(row, name) for name in FACTS}
    whole = {**present, **values}
    venue = venues.get(row.venue_id) if row.venue_id else None
    if "venue_id" in asked:
        venue = venue_named(venues, asked["venue_id"])
    whole |= await placed(session, whole, venue)
    by.must_reach(whole["area_code"], whole["provider_id"])
    rules.check(whole)
    await must_be_inside(session, whole)
    if row.status in _PUBLIC:
        _must_be_complete(whole, venue)

    before, after = _change(row, {**values, "area_code": whole["area_code"]})
    if not after:
        return row
    for name, value in (await described(session, whole)).items():
        setattr(row, name, value)
    for name in ("area_id", "lon", "lat", "place"):
        setattr(row, name, whole[name])
    touch(row, by, now)
    tell(session, by, "offering.edit", row, before=before, after=after)
    return row


async def move_offering(
    session: AsyncSession,
    offering_id: UUID,
    step: OfferingMove,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Offering:
    """Publish, suspend, resume or retire an offering."""
    publishes = step.status is OfferingStatus.PUBLISHED
    provider = await queries.provider_of(session, offering_id) if publishes else None
    standing = await organisations.standing(session, [provider])
    here = await queries.venue_of(session, offering_id)
    venues = await venues_for_copy(session, [here])
    row = await queries.offering_for_update(session, offering_id)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    target = rules.move(row.status, step.status, step.reason)
    if target is OfferingStatus.PUBLISHED:
        venue = venue_named(venues, row.venue_id)
        _must_be_complete({name: getattr(row, name) for name in FACTS}, venue)
        rules.must_have_a_provider(row.provider_id, standing)

    current = OfferingStatus(row.status)
    row.status, row.status_since = target, now
    touch(row, by, now)
    session.add(_step(row, current, target, step.reason, by=by, now=now))
    verb = _VERBS[target] if current is not OfferingStatus.SUSPENDED else _FROM_REST[target]
    after = {"status": target}
    tell(
        session,
        by,
        f"offering.{verb}",
        row,
        before={"status": current},
        reason=step.reason,
        after=after,
    )
    return row


async def suspend_offerings(
    session: AsyncSession, provider: tables.Organisation, *, by: Actor, now: datetime
) -> None:
    """Suspend what a dissolved provider has published, wherever it is: another may take over."""
    rows = await queries.suspend_all(session, provider.id, by=by.alias(PURPOSE), now=now)
    before, after = OfferingStatus.PUBLISHED, OfferingStatus.SUSPENDED
    reason = f"提供机构“{provider.name}”已注销"
    changes = [
        audit.Change(each.id, each.area_code, {"status": before}, {"status": after}, reason)
        for each in rows
    ]
    steps = [
        tables.OfferingStatusChange(
            offering_id=each.id,
            from_status=before,
            to_status=after,
            at=now,
            by=by.alias(PURPOSE),
            reason=reason,
        )
        for each in rows
    ]
    session.add_all(steps)
    feed.mark_many(session, KIND, [each.id for each in rows])
    audit.note_many(session, by, action="offering.suspend", kind=KIND, changes=changes)


def _must_be_editable(row: tables.Offering, by: Actor) -> None:
    by.must_reach(row.area_code, row.provider_id)
    if row.status == OfferingStatus.RETIRED:
        raise rules.Retired
    if by.roles <= _OUTSIDERS and row.status != OfferingStatus.DRAFT:
        raise OnlyDrafts


def _must_be_complete(whole: Mapping[str, Any], venue: tables.Venue | None) -> None:
    has_hours = venue is not None and venue.hours is not None
    rules.must_be_complete({**whole, "schedule": whole["hours"]}, venue_has_hours=has_hours)


def _change(
    row: tables.Offering, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set the values; facts for the audit log without what only an index needs."""
    before, after = change(row, {k: v for k, v in values.items() if k in FACTS})
    for name in ("open_minutes", "exception_days", "exception_minutes"):
        if "hours" in after:
            setattr(row, name, values[name])
    return {k: plain(v) for k, v in before.items()}, {k: plain(v) for k, v in after.items()}


def _step(
    row: tables.Offering,
    current: OfferingStatus | None,
    target: OfferingStatus,
    reason: str | None,
    *,
    by: Actor,
    now: datetime,
) -> tables.OfferingStatusChange:
    return tables.OfferingStatusChange(
        offering_id=row.id,
        from_status=current,
        to_status=target,
        at=now,
        by=by.alias(PURPOSE),
        reason=reason,
    )


_VERBS: Final = {
    OfferingStatus.PUBLISHED: "publish",
    OfferingStatus.SUSPENDED: "suspend",
    OfferingStatus.RETIRED: "retire",
}
_FROM_REST: Final = {**_VERBS, OfferingStatus.PUBLISHED: "resume"}

"""Organisations, venues and service items: what is each one's own when its rows are loaded."""

from collections.abc import Sequence
from typing import Any, Final

from common import feed
from common.contracts.registry.organisations import OrganisationKind, OrganisationStatus
from common.contracts.registry.service_items import ItemStatus
from common.contracts.registry.venues import VenueStatus
from common.errors import Problem, Text
from registry import tables
from registry.domain import offerings as life
from registry.domain import organisations
from registry.importing.chunk import Chunk
from registry.importing.loading import Target
from registry.importing.merging import Draft
from registry.importing.references import Found
from registry.queries import bookings, followers
from registry.queries.organisation_states import other_sides
from registry.queries.references import GROUND
from registry.usecases import duties
from registry.usecases.editing import PURPOSE
from registry.usecases.organisations import OrganisationDissolved
from registry.usecases.venues import VenueBooked, VenueInUse

_MERGED: Final = Text("该编码的记录已并入另一条记录", "The record was merged into another one")
_KEPT: Final = Text(
    "请以保留记录的编码导入，或先撤销合并", "Import under the kept record's code, or undo the merge"
)
_COPIED: Final = frozenset({"name", "address", "area_code", "lon", "lat"})


def _merged(chunk: Chunk, draft: Draft) -> None:
    """A record that was merged into another stays as it was; the other one is edited."""
    if draft.current is not None and draft.current["merged_into_id"] is not None:
        chunk.refuse(draft.row, "code", _MERGED, slug="already-merged", remedy=_KEPT)


async def _organisations(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Each proves who it is as its kind must; a dissolved one stays as it was."""
    for draft in drafts:
        values, current = draft.values, draft.current
        _merged(chunk, draft)
        if current is not None and current["status"] == OrganisationStatus.DISSOLVED:
            problem = OrganisationDissolved(name=current["name"], day=current["dissolved_on"])
            chunk.refuse_for(draft.row, problem)
        standing = organisations.Standing(
            kind=OrganisationKind(values["kind"]),
            credit_code=values["credit_code"],
            filing_number=values["filing_number"],
            has_filing_street=values["filed_with_id"] is not None,
            evaluation_grade=values["evaluation_grade"],
            grade_valid_from=values["grade_valid_from"],
            grade_valid_to=values["grade_valid_to"],
        )
        for fault in organisations.faults(standing):
            name = fault.pointer.strip("/").removesuffix("_id")
            chunk.refuse(draft.row, name, fault.message, slug="bad-organisation")
        _superiors(chunk, draft)


def _superiors(chunk: Chunk, draft: Draft) -> None:
    for name in ("supervisor", "filed_with"):
        found = draft.found.get(name)
        if not isinstance(found, Found):
            continue
        if found.id == draft.id:
            told = Text("须为另一个机构", "must be another organisation")
            chunk.refuse(draft.row, name, told, slug="bad-organisation")
        elif name == "filed_with" and found.row.kind != OrganisationKind.STREET:
            told = Text("备案单位须为街镇", "must be a street or town")
            chunk.refuse(draft.row, name, told, slug="bad-organisation")


async def _renamed(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Those who tell an organisation's name among their ties move with it."""
    for draft in drafts:
        if draft.current is not None and "name" in draft.after:
            others = await other_sides(chunk.session, draft.id)
            feed.mark_many(chunk.session, "organisation", others)


ORGANISATION: Final = Target(
    table=tables.Organisation,
    kind="organisation",
    references={"area": "area", "supervisor": "organisation", "filed_with": "organisation"},
    defaults={"status": OrganisationStatus.ACTIVE},
    judge=_organisations,
    written=_renamed,
)


async def _venues(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """A venue lies in a town or neighbourhood, and stays while published offerings use it."""
    for draft in drafts:
        _merged(chunk, draft)
        found = draft.found.get("area")
        if isinstance(found, Found) and found.row.kind not in GROUND:
            told = Text("载体须在街镇或居村", "must be a town or a neighbourhood")
            chunk.refuse(draft.row, "area", told, slug="unknown-area")
        if draft.current is not None:
            await _still_useful(chunk, draft)


async def _still_useful(chunk: Chunk, draft: Draft) -> None:
    closes = draft.after.get("status") == VenueStatus.CLOSED
    forgets = "hours" in draft.after and draft.values["hours"] is None
    if not closes and not forgets:
        return
    count = await followers.relying(chunk.session, draft.id, on_hours=not closes)
    if count:
        what = Text("该载体", "it") if closes else Text("其开放时间", "its opening hours")
        problem = VenueInUse(count=count, what=what)
        name = "status" if closes else "opening_hours"
        chunk.refuse(draft.row, name, problem.sentence(), slug=problem.slug)
    elif closes and (booked := await bookings.ahead_in(chunk.session, draft.id, now=chunk.now)):
        held = VenueBooked(count=booked)
        chunk.refuse(draft.row, "status", held.sentence(), slug=held.slug)


async def _followed(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Offerings and concessions follow the venues that moved, rosters those that open anew."""
    moved = [d.id for d in drafts if d.current is not None and not _COPIED.isdisjoint(d.after)]
    if moved:
        by, now = chunk.by.alias(PURPOSE), chunk.now
        touched = await followers.follow(chunk.session, moved, by=by, now=now)
        feed.mark_many(chunk.session, "offering", touched)
        granted = await followers.follow_concessions(chunk.session, moved, by=by, now=now)
        feed.mark_many(chunk.session, "concession", granted)
    anew = [d.id for d in drafts if d.current is not None and "hours" in d.after]
    if anew:
        await duties.recount(chunk.session, anew, by=chunk.by, now=chunk.now)


VENUE: Final = Target(
    table=tables.Venue,
    kind="venue",
    references={"area": "area", "owner": "organisation", "operator": "organisation"},
    defaults={"status": VenueStatus.ACTIVE, "accessibility": []},
    judge=_venues,
    written=_followed,
)


async def _items(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """A promise is published whole and only goes forward."""
    for draft in drafts:
        current = draft.current["status"] if draft.current else ItemStatus.DRAFT
        target = ItemStatus(draft.values["status"])
        try:
            if current == ItemStatus.RETIRED:
                raise life.Retired
            if target != current:
                life.move_item(current, target)
            if target == ItemStatus.PUBLISHED:
                life.item_must_be_complete(draft.values)
        except Problem as problem:
            chunk.refuse_for(draft.row, problem)


_GROUPS: Final[dict[str, Any]] = {"target_groups": []}

SERVICE_ITEM: Final = Target(
    table=tables.ServiceItem,
    kind="service_item",
    references={
        "area": "area",
        "responsible_department": "organisation",
        "handling_body": "organisation",
    },
    defaults={"status": ItemStatus.DRAFT, **_GROUPS},
    judge=_items,
)

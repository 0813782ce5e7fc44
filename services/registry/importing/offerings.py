"""Offerings: what is their own when rows are loaded. Providers and venues are held before them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select

from common.auth.permissions import Permission
from common.contracts.registry.offerings import OfferingStatus, Residence
from common.contracts.registry.venues import VenueStatus
from common.errors import FieldError, Problem, Text
from common.ids import uuid7s
from registry import tables
from registry.domain import offerings as rules
from registry.importing.chunk import Chunk, Row
from registry.importing.loading import Standing, Target
from registry.importing.merging import Draft
from registry.importing.references import Answers, Found, Missing, unknown
from registry.queries import bulk, organisations
from registry.queries.categories import categories
from registry.queries.venues import STANDS, WHAT
from registry.usecases.editing import PURPOSE
from registry.usecases.offering_columns import VenueClosed

V = tables.Venue
_SHOWN: Final = (V.id, V.name, V.address, V.area_id, V.area_code, V.lon, V.lat, V.place, V.status)
_COPIED: Final = ("area_id", "area_code", "lon", "lat", "place")
_PUBLIC: Final = frozenset({OfferingStatus.PUBLISHED, OfferingStatus.SUSPENDED})
_ROOM: Final = Text(
    "每场须预约原载体内的空间，请先改换或清除该空间再迁移",
    "its sessions are booked into a room of the former venue; change or clear that room first",
)
_EXPLAINED: Final = frozenset({OfferingStatus.SUSPENDED, OfferingStatus.RETIRED})


async def _around(
    chunk: Chunk,
    rows: Sequence[Row],
    answers: Mapping[str, Answers],
    stands: Standing,
    *,
    held: bool,
) -> None:
    """Providers, then venues, that rows name or that stand in what they change; and categories.

    What a name stood for when it was first looked up may be dissolved or merged by now.
    """
    here = [stands[code] for row in rows if (code := row.values["code"]) in stands]
    bodies = _named(rows, "provider", answers["organisation"])
    bodies |= {each["provider_id"] for each in here}
    standing = await organisations.standing(chunk.session, list(bodies), held=held)
    venues = _named(rows, "venue", answers["venue"]) | {each["venue_id"] for each in here}
    chunk.stock |= {"standing": standing, "venues": {}}
    await _stock(chunk, venues - {None}, held=held)
    if "categories" not in chunk.stock:
        chunk.stock["categories"] = await categories(chunk.session)


def _named(rows: Sequence[Row], name: str, answers: Answers) -> set[UUID]:
    called = {str(row.values[name]) for row in rows if row.values.get(name)}
    found = [answers[each] for each in called]
    return {each.id for each in found if isinstance(each, Found)}


async def _stock(chunk: Chunk, ids: set[UUID], *, held: bool) -> None:
    statement = select(*_SHOWN, V.hours.is_not(None).label("has_hours")).where(
        V.id == func.any(bindparam("ids", list(ids), ARRAY(Uuid))), STANDS
    )
    if held:
        statement = statement.order_by(V.id).with_for_update(read=True)
    if ids:
        found = await chunk.session.execute(statement)
        chunk.stock["venues"] |= {row.id: row for row in found}


async def _fill(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Copy what is sorted and filtered by from category and venue."""
    known, venues = chunk.stock["categories"], chunk.stock["venues"]
    kept = {draft.values["venue_id"] for draft in drafts} - {None, *venues}
    # Moved by somebody between our look and our lock: a ring of waiters is broken and tried again.
    await _stock(chunk, kept, held=True)
    for draft in drafts:
        values = draft.values
        values["category_path"] = known[values["category"]].path
        values["household_areas"] = _prefixes(draft)
        values["status_since"] = draft.current["status_since"] if draft.current else chunk.now
        found = draft.found.get("provider")
        if isinstance(found, Found) and found.id not in chunk.stock["standing"]:
            _gone(chunk, draft, "provider", organisations.WHAT)
        if values["venue_id"] is None:
            _without_venue(chunk, draft)
        elif values["venue_id"] not in venues:
            _gone(chunk, draft, "venue", WHAT)
        else:
            _with_venue(chunk, draft, venues[values["venue_id"]])


def _gone(chunk: Chunk, draft: Draft, name: str, what: Text) -> None:
    """It stood when the import began."""
    told = unknown(draft.row.values[name], what)
    chunk.refuse(draft.row, name, told.message, slug=told.slug, remedy=told.remedy)


def _without_venue(chunk: Chunk, draft: Draft) -> None:
    draft.values |= {"lon": None, "lat": None, "place": None}
    if draft.values["area_id"] is None:
        told = Text("所在载体与所在区划至少填一项", "a venue or an area is needed")
        chunk.refuse(draft.row, "area", told, slug="unknown-area")


def _with_venue(chunk: Chunk, draft: Draft, venue: Any) -> None:  # a row
    """Where its venue is."""
    area = draft.found.get("area")
    if isinstance(area, Found) and not venue.area_code.startswith(area.row.short_code):
        told = Text("与载体所在区划不一致", "the venue lies elsewhere")
        chunk.refuse(draft.row, "area", told, slug="unknown-area")
    draft.values |= {name: getattr(venue, name) for name in _COPIED}


def _prefixes(draft: Draft) -> list[str]:
    """The areas whose people an offering is for, as significant digits."""
    answers: list[Found | Missing] | None = draft.found.get("household_areas")
    if answers is None:
        return list(draft.values["household_areas"])
    return [answer.row.short_code for answer in answers if isinstance(answer, Found)]


async def _judge(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Parts fit together; what is public is complete; its life only takes the steps it has."""
    for draft in drafts:
        try:
            _step(chunk, draft)
            _venue_stands(chunk, draft)
            _room_stays(draft)
            rules.check(draft.values)
            if draft.values["status"] in _PUBLIC:
                _complete(chunk, draft)
            if _publishes(draft):
                rules.must_have_a_provider(draft.values["provider_id"], chunk.stock["standing"])
        except Problem as problem:
            chunk.refuse_for(draft.row, problem)


def _publishes(draft: Draft) -> bool:
    return draft.after.get("status") == OfferingStatus.PUBLISHED


def _step(chunk: Chunk, draft: Draft) -> None:
    current = OfferingStatus(draft.current["status"]) if draft.current else OfferingStatus.DRAFT
    target = OfferingStatus(draft.values["status"])
    if current is OfferingStatus.RETIRED:
        raise rules.Retired
    if current is target:
        return
    chunk.by.must(Permission.OFFERING_PUBLISH)
    rules.move(current, target, chunk.source)
    draft.values["status_since"] = chunk.now


def _venue_stands(chunk: Chunk, draft: Draft) -> None:
    """Nothing new happens in a closed venue, and nothing is published there."""
    venue = chunk.stock["venues"].get(draft.values["venue_id"])
    stays = draft.current is not None and not {"venue_id", "status"} & draft.after.keys()
    if venue is not None and venue.status == VenueStatus.CLOSED and not stays:
        raise VenueClosed(errors=[FieldError("/venue_id", venue.name, VenueClosed.title)])


def _room_stays(draft: Draft) -> None:
    """Its sessions are booked into a room of the venue that stands; a file names no other room."""
    if "venue_id" in draft.after and draft.current and draft.current["space_id"] is not None:
        raise rules.WrongOffering(errors=[FieldError("/venue_id", None, _ROOM)])


def _complete(chunk: Chunk, draft: Draft) -> None:
    venue = chunk.stock["venues"].get(draft.values["venue_id"])
    whole = {**draft.values, "schedule": draft.values["hours"]}
    rules.must_be_complete(whole, venue_has_hours=venue is None or venue.has_hours)


async def _written(chunk: Chunk, drafts: Sequence[Draft]) -> None:
    """Each step of a life leaves who, when and why; a first step without a why is in the record."""
    stepped = [draft for draft in drafts if _is_step(draft)]
    by = chunk.by.alias(PURPOSE)
    steps: list[dict[str, Any]] = [
        {
            "offering_id": draft.id,
            "id": step_id,
            "from_status": draft.current["status"] if draft.current else None,
            "to_status": draft.values["status"],
            "at": chunk.now,
            "by": by,
            "reason": chunk.source if draft.values["status"] in _EXPLAINED else None,
        }
        for draft, step_id in zip(stepped, uuid7s(len(stepped)), strict=True)
    ]
    await bulk.insert(chunk.session, tables.OfferingStatusChange, steps)


def _is_step(draft: Draft) -> bool:
    if draft.current is None:
        return draft.values["status"] in _EXPLAINED
    return "status" in draft.after


OFFERING: Final = Target(
    table=tables.Offering,
    kind="offering",
    references={
        "area": "area",
        "venue": "venue",
        "provider": "organisation",
        "service_item": "service_item",
        "responsible_department": "organisation",
        "handling_body": "organisation",
        "household_areas": "area",
    },
    defaults={
        "status": OfferingStatus.DRAFT,
        "residence": Residence.EITHER,
        **{n: [] for n in ("channels", "target_groups", "groups_any", "hardship")},
        "household_areas": [],
    },
    around=_around,
    fill=_fill,
    judge=_judge,
    written=_written,
)

"""Records as the rows of a table, streamed from a cursor: the inverse of an import.

References are told by external code, else by credit code or name; areas by their path. Each
statement yields the fields of its form.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from common.auth.actor import Actor
from registry import tables
from registry.queries import concessions as of_concessions
from registry.queries import programmes as of_programmes

A, O, I = tables.Area, tables.Organisation, tables.Incubation
V, S, F = tables.Venue, tables.ServiceItem, tables.Offering
E, M = tables.DictionaryEntry, tables.AreaMember
P, D = tables.Programme, tables.Fund
R, N = tables.Space, tables.Person
B, C = tables.Bundle, tables.Concession
_BATCH: Final = 1000
_CODES: Final = ("catalog_code", "local_catalog_code", "task_code", "local_task_code")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: under an area prefix, of a status; no more than the caller's lists show."""

    by: Actor
    area: str
    status: str | None = None


def _columns(table: Any, *names: str) -> list[Any]:  # mapped classes
    return [getattr(table, name) for name in names]


def _organisation(key: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """What an import finds the organisation by."""
    other = aliased(O)
    told = func.coalesce(other.code, other.credit_code, other.name)
    return select(told).where(other.id == key).scalar_subquery()


def _path(key: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The path of an area; its code where the path is another one's too."""
    area, twin = aliased(A), aliased(A)
    shared = (
        select(twin.id)
        .where(twin.path_name == area.path_name, twin.id != area.id, twin.valid_to.is_(None))
        .exists()
    )
    told = func.coalesce(select(area.code).where(shared).scalar_subquery(), area.path_name)
    return select(told).where(area.id == key).scalar_subquery()


def _reach(column: Any, wanted: Wanted) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.like(f"{wanted.area}%")
    return found


def _status(table: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [] if wanted.status is None else [table.status == wanted.status]


def organisations(wanted: Wanted) -> Select[Any]:
    """Organisations that stand."""
    names = ("code", "name", "short_name", "kind", "platform_kind", "credit_code", "filing_number")
    more = ("evaluation_grade", "grade_valid_from", "grade_valid_to", "line", "address", "phone")
    return (
        select(
            *_columns(O, *names, *more),
            _organisation(O.filed_with_id).label("filed_with"),
            _organisation(O.supervisor_id).label("supervisor"),
            _path(O.area_id).label("area"),
        )
        .where(
            _reach(O.area_code, wanted),
            O.status == (wanted.status or "active"),
            O.merged_into_id.is_(None),
        )
        .order_by(O.area_code, O.id)
    )


def incubations(wanted: Wanted) -> Select[Any]:
    """Ties of organisations that lie in the area."""
    return (
        select(
            _organisation(I.incubated_id).label("incubated"),
            _organisation(I.incubator_id).label("incubator"),
            I.valid_from,
            I.valid_to,
        )
        .join(O, O.id == I.incubated_id)
        .where(_reach(O.area_code, wanted))
        .order_by(O.area_code, I.incubated_id, I.id)
    )


def areas(wanted: Wanted) -> Select[Any]:
    """Areas outside the division code, with what they hold now."""
    member = aliased(A)
    held = (
        select(
            func.array_agg(
                aggregate_order_by(func.coalesce(member.code, member.path_name), member.id)
            )
        )
        .join(M, M.member_id == member.id)
        .where(M.area_id == A.id, M.valid_to.is_(None))
        .correlate(A)
        .scalar_subquery()
    )
    return (
        select(
            *_columns(
                A, "code", "kind", "name", "area_type", "lon", "lat", "valid_from", "valid_to"
            ),
            _path(A.parent_id).label("area"),
            held.label("members"),
        )
        .where(A.level.is_(None), A.kind != "aggregate", A.valid_to.is_(None))
        .where(_reach(A.short_code, wanted))
        .order_by(A.short_code, A.id)
    )


def venues(wanted: Wanted) -> Select[Any]:
    """Venues."""
    names = ("code", "name", "kind", "address", "lon", "lat", "operator_mode", "floor_area_m2")
    return (
        select(
            *_columns(V, *names, "phone", "accessibility", "status"),
            V.hours.label("opening_hours"),
            _path(V.area_id).label("area"),
            _organisation(V.owner_id).label("owner"),
            _organisation(V.operator_id).label("operator"),
        )
        .where(_reach(V.area_code, wanted), V.merged_into_id.is_(None), *_status(V, wanted))
        .order_by(V.area_code, V.id)
    )


def service_items(wanted: Wanted) -> Select[Any]:
    """Service items."""
    names = ("code", "name", "description", "category", "target_groups", "legal_basis")
    return (
        select(
            *_columns(S, *names, *_CODES, "valid_from", "valid_to", "status"),
            _path(S.area_id).label("area"),
            _organisation(S.responsible_department_id).label("responsible_department"),
            _organisation(S.handling_body_id).label("handling_body"),
        )
        .where(_reach(S.area_code, wanted), *_status(S, wanted))
        .order_by(S.area_code, S.id)
    )


def offerings(wanted: Wanted) -> Select[Any]:
    """Offerings."""
    names = ("code", "name", "description", "category", "channels", "target_groups")
    rules = ("age_min", "age_max", "groups_any", "hardship", "disability", "household_areas")
    terms = ("residence", "price_kind", "price_fen", "price_unit", "capacity", "capacity_unit")
    return (
        select(
            *_columns(F, *names, *rules, *terms, "capacity_period", "funding_source", *_CODES),
            F.status,
            F.hours.label("schedule"),
            select(S.code).where(S.id == F.service_item_id).scalar_subquery().label("service_item"),
            select(V.code).where(V.id == F.venue_id).scalar_subquery().label("venue"),
            _path(F.area_id).label("area"),
            _organisation(F.provider_id).label("provider"),
            _organisation(F.responsible_department_id).label("responsible_department"),
            _organisation(F.handling_body_id).label("handling_body"),
        )
        .where(_reach(F.area_code, wanted), *_status(F, wanted))
        .order_by(F.area_code, F.id)
    )


def dictionary_entries(_: Wanted) -> Select[Any]:
    """Words, each after its parent."""
    names = ("dictionary", "code", "name_zh", "name_en", "parent_code", "description", "sort")
    return select(*_columns(E, *names, "valid_from", "valid_to")).order_by(
        E.dictionary, func.cardinality(func.string_to_array(E.path, "/")), E.sort, E.code
    )


def programmes(wanted: Wanted) -> Select[Any]:
    """Programmes; drafts as the caller's line sees them."""
    names = ("code", "title", "purpose", "category", "line", "target_groups")
    return (
        select(
            *_columns(P, *names, "valid_from", "valid_to", "years"),
            _path(P.area_id).label("area"),
            _organisation(P.department_id).label("department"),
        )
        .where(of_programmes.seen(wanted.by), _reach(P.area_code, wanted), *_status(P, wanted))
        .order_by(P.area_code, P.id)
    )


def funds(wanted: Wanted) -> Select[Any]:
    """Funds, without their ledgers."""
    names = ("code", "title", "source", "line", "category", "purpose", "document_number")
    return (
        select(
            *_columns(D, *names, "amount_fen", "valid_from", "valid_to"),
            _path(D.area_id).label("area"),
            _organisation(D.holder_id).label("holder"),
            select(P.code).where(P.id == D.programme_id).scalar_subquery().label("programme"),
        )
        .where(_reach(D.area_code, wanted), *_status(D, wanted))
        .order_by(D.area_code, D.id)
    )


def spaces(wanted: Wanted) -> Select[Any]:
    """Rooms of a venue, then the halls that they make up."""
    room = aliased(R)
    parts = (
        select(func.array_agg(aggregate_order_by(_called(room), room.id)))
        .where(room.id == func.any(R.parts))
        .correlate(R)
        .scalar_subquery()
    )
    names = ("code", "name", "floor", "capacity", "floor_area_m2", "equipment", "purposes")
    terms = ("is_approval_needed", "buffer_before_minutes", "buffer_after_minutes", "lead_minutes")
    lengths = ("ahead_days", "shortest_minutes", "longest_minutes", "status")
    return (
        select(
            *_columns(R, *names, *terms, *lengths),
            R.hours.label("opening_hours"),
            V.code.label("venue"),
            parts.label("parts"),
        )
        .join(V, V.id == R.venue_id)
        .where(_reach(V.area_code, wanted), *_status(R, wanted))
        .order_by(V.area_code, R.venue_id, func.cardinality(R.parts), R.id)
    )


def people(wanted: Wanted) -> Select[Any]:
    """People who work here; names, telephones and certificates as they are sealed."""
    names = ("id", "code", "kind", "name", "phone", "line", "qualification", "certificate_number")
    return (
        select(
            *_columns(N, *names, "qualified_from", "qualified_to", "languages", "skills", "status"),
            _path(N.area_id).label("area"),
            _organisation(N.organisation_id).label("organisation"),
            _code_of(V, N.venue_id).label("venue"),
        )
        .where(_reach(N.area_code, wanted), N.status == (wanted.status or "active"))
        .order_by(N.area_code, N.id)
    )


def bundles(wanted: Wanted) -> Select[Any]:
    """Bundles that have not ended, with the codes of what they hold."""
    held = {"offerings": F, "venues": V, "funds": D, "programmes": P, "people": N}
    return (
        select(
            *_columns(B, "code", "title", "purpose", "valid_from", "valid_to"),
            _path(B.area_id).label("area"),
            _organisation(B.operator_id).label("operator"),
            *(_held(table).label(name) for name, table in held.items()),
        )
        .where(_reach(B.area_code, wanted), *(_status(B, wanted) or [B.status != "ended"]))
        .order_by(B.area_code, B.id)
    )


def _held(table: Any) -> ColumnElement[Any]:
    """The codes of what a bundle holds of a kind."""
    member, other = tables.BundleMember, aliased(table)
    key = getattr(member, f"{table.__tablename__}_id")
    return (
        select(func.array_agg(aggregate_order_by(_called(other), member.id)))
        .select_from(member)
        .join(other, other.id == key)
        .where(member.bundle_id == B.id)
        .correlate(B)
        .scalar_subquery()
    )


def concessions(wanted: Wanted) -> Select[Any]:
    """Concessions; drafts for who may work on them."""
    names = ("code", "use", "category", "floor_area_m2", "price_ceiling_fen", "reference_price_fen")
    more = ("price_basis", "price_unit", "document_number", "valid_from", "valid_to")
    return (
        select(
            *_columns(C, *names, *more),
            _organisation(C.operator_id).label("operator"),
            _code_of(V, C.venue_id).label("venue"),
            _code_of(R, C.space_id).label("space"),
        )
        .where(of_concessions.seen(wanted.by), _reach(C.area_code, wanted), *_status(C, wanted))
        .order_by(C.area_code, C.id)
    )


def _code_of(table: Any, key: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    other = aliased(table)
    return select(_called(other)).where(other.id == key).scalar_subquery()


def _called(table: Any) -> ColumnElement[Any]:
    """What an import finds a record by; its id where it has no code, which an import refuses."""
    return func.coalesce(table.code, cast(table.id, Text))


STATEMENTS: Final[Mapping[str, Callable[[Wanted], Select[Any]]]] = {
    "dictionary_entry": dictionary_entries,
    "area": areas,
    "organisation": organisations,
    "incubation": incubations,
    "venue": venues,
    "service_item": service_items,
    "offering": offerings,
    "programme": programmes,
    "fund": funds,
    "space": spaces,
    "person": people,
    "bundle": bundles,
    "concession": concessions,
}


async def batches(
    session: AsyncSession, kind: str, wanted: Wanted
) -> AsyncIterator[list[dict[str, Any]]]:
    """The records in order, some at a time."""
    statement = STATEMENTS[kind](wanted).execution_options(yield_per=_BATCH)
    found = await session.stream(statement)
    async for rows in found.mappings().partitions():
        yield [dict(row) for row in rows]

"""Likely duplicates: records not yet looked at, who shares a key with them, and the queue."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    delete,
    false,
    func,
    lateral,
    literal,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from common.contracts.registry import duplicates as contracts
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.duplicates import DuplicateKind, DuplicateStatus
from common.errors import NotFound
from common.errors import Text as Words
from registry import tables
from registry.domain.likeness.blocking import CROWDED
from registry.queries.finding import either, under, within_reach

D, K, N = tables.Duplicate, tables.RecordKey, tables.RecordSeen
A: Final = tables.Area
WHAT: Final = Words("疑似重复", "likely duplicate")
TABLES: Final[Mapping[DuplicateKind, Any]] = {
    DuplicateKind.VENUE: tables.Venue,
    DuplicateKind.ORGANISATION: tables.Organisation,
}
_GONE: Final = {DuplicateKind.VENUE: "closed", DuplicateKind.ORGANISATION: "dissolved"}
_NAMED: Final = (AreaKind.CITY, AreaKind.DISTRICT, AreaKind.TOWN)
_SIDE: Final = ("id", "code", "name", "phone", "address", "area_code", "version")


@dataclass(frozen=True, slots=True)
class Filters:
    """Which pairs of the queue."""

    kind: DuplicateKind
    area: str | None = None
    status: DuplicateStatus | None = None
    min_score: float = 0.0


def compared(kind: DuplicateKind) -> Select[Any]:
    """What of a record is compared (`domain.likeness.records`), with its version."""
    t = TABLES[kind]
    is_venue = kind is DuplicateKind.VENUE
    return select(
        t.id,
        t.version,
        t.kind.label("sort"),
        *(t.name, t.phone, t.address, t.area_code),
        (null() if is_venue else t.credit_code).label("credit_code"),
        (t.lon if is_venue else null()).label("lon"),
        (t.lat if is_venue else null()).label("lat"),
        stands(kind).label("stands"),
    )


def stands(kind: DuplicateKind) -> ColumnElement[bool]:
    """Whether a record can still be taken for another: not closed, not dissolved, not merged."""
    t = TABLES[kind]
    return and_(t.merged_into_id.is_(None), t.status != _GONE[kind])


def _unseen(kind: DuplicateKind, actor: Actor | None) -> Select[Any]:
    t = TABLES[kind]
    mine = [] if actor is None else [either([false(), *within_reach(actor, t.area_code)])]
    return (
        compared(kind)
        .outerjoin(N, and_(N.kind == kind, N.record_id == t.id))
        .where(N.version.is_distinct_from(t.version), *mine)
    )


async def unseen(
    session: AsyncSession, kind: DuplicateKind, *, limit: int, actor: Actor | None = None
) -> list[Row[Any]]:
    """Records that are new or have changed since they were last looked at, of the caller's area."""
    statement = _unseen(kind, actor).order_by(TABLES[kind].id).limit(limit)
    return list(await session.execute(statement))


async def unseen_count(session: AsyncSession, kind: DuplicateKind, actor: Actor) -> int:
    """How many of the caller's area are still to be looked at."""
    waiting = _unseen(kind, actor).subquery()
    return int(await session.scalar(select(func.count()).select_from(waiting)) or 0)


async def rows(session: AsyncSession, kind: DuplicateKind, ids: Iterable[UUID]) -> list[Row[Any]]:
    """Standing records by id."""
    t = TABLES[kind]
    return list(await session.execute(compared(kind).where(t.id.in_(list(ids)), stands(kind))))


async def place_names(session: AsyncSession) -> frozenset[str]:
    """Names of the city, its districts and towns, as they stand before names of houses."""
    statement = select(A.name).where(A.kind.in_(_NAMED), A.valid_to.is_(None))
    return frozenset(await session.scalars(statement))


async def refile(
    session: AsyncSession, kind: DuplicateKind, keys: Mapping[UUID, Iterable[str]]
) -> None:
    """File records under their keys, and under no others any more."""
    await session.execute(delete(K).where(K.kind == kind, K.record_id.in_(list(keys))))
    filed = [
        {"kind": kind, "key": key, "record_id": record_id}
        for record_id, own in keys.items()
        for key in own
    ]
    if filed:
        await session.execute(insert(K), filed)


async def mark_seen(
    session: AsyncSession, kind: DuplicateKind, versions: Mapping[UUID, int]
) -> None:
    """Note up to which version records were looked at."""
    statement = insert(N)
    statement = statement.on_conflict_do_update(
        index_elements=("kind", "record_id"), set_={"version": statement.excluded.version}
    )
    values = [
        {"kind": kind, "record_id": record_id, "version": version}
        for record_id, version in versions.items()
    ]
    await session.execute(statement, values)


async def sharing(
    session: AsyncSession, kind: DuplicateKind, wanted: Iterable[str]
) -> Mapping[str, list[UUID]]:
    """Who is filed under some keys; of a crowded key one more than the crowd, no further."""
    asked = select(func.unnest(bindparam("keys", list(wanted), ARRAY(Text))).label("key")).subquery(
        "asked"
    )
    filed = lateral(
        select(K.record_id).where(K.kind == kind, K.key == asked.c.key).limit(CROWDED + 1)
    )
    found: dict[str, list[UUID]] = defaultdict(list)
    statement = select(asked.c.key, filed.c.record_id).join(filed, literal(value=True))
    for key, record_id in await session.execute(statement):
        found[key].append(record_id)
    return found


async def keep_found(
    session: AsyncSession,
    kind: DuplicateKind,
    looked_at: Sequence[UUID],
    pairs: Sequence[dict[str, Any]],
) -> None:
    """Put pairs into the queue; what nobody decided and was not found again leaves it."""
    ids = bindparam("ids", list(looked_at), ARRAY(Uuid))
    touches = or_(D.first_id == func.any(ids), D.second_id == func.any(ids))
    again = tuple_(D.first_id, D.second_id).in_([(p["first_id"], p["second_id"]) for p in pairs])
    is_open = D.status == DuplicateStatus.OPEN
    await session.execute(delete(D).where(D.kind == kind, is_open, touches, ~again))
    if pairs:
        statement = insert(D)
        new = {name: statement.excluded[name] for name in ("score", "reasons")}
        statement = statement.on_conflict_do_update(
            index_elements=("kind", "first_id", "second_id"), set_=new, where=is_open
        )
        await session.execute(statement, list(pairs))


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    after: tuple[float, UUID] | None,
    limit: int,
) -> list[contracts.Duplicate]:
    """The queue: the most alike first. One side lies in the caller's area."""
    one, other = _sides(filters.kind)
    reach = [*within_reach(actor, one.area_code), *within_reach(actor, other.area_code)]
    statement = (
        _shown(filters.kind, one, other)
        .where(either([false(), *reach]), D.score >= filters.min_score)
        .order_by(D.score.desc(), D.id.desc())
        .limit(limit + 1)
    )
    if filters.status is not None:
        statement = statement.where(D.status == filters.status)
    if filters.area is not None:
        statement = statement.where(
            or_(under(one.area_code, filters.area), under(other.area_code, filters.area))
        )
    if after is not None:
        statement = statement.where(tuple_(D.score, D.id) < tuple_(*map(literal, after)))
    return [_duplicate(row, filters.kind) for row in await session.execute(statement)]


async def found(session: AsyncSession, actor: Actor, duplicate_id: UUID) -> contracts.Duplicate:
    """One pair of which a side lies in the caller's area."""
    kind = await session.scalar(select(D.kind).where(D.id == duplicate_id))
    if kind is None:
        raise NotFound(what=WHAT, key=duplicate_id)
    one, other = _sides(DuplicateKind(kind))
    reach = [*within_reach(actor, one.area_code), *within_reach(actor, other.area_code)]
    statement = _shown(DuplicateKind(kind), one, other).where(
        D.id == duplicate_id, either([false(), *reach])
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=duplicate_id)
    return _duplicate(row, DuplicateKind(kind))


async def duplicate_for_update(session: AsyncSession, duplicate_id: UUID) -> tables.Duplicate:
    """A pair, locked until the transaction ends."""
    statement = select(D).where(D.id == duplicate_id).with_for_update()
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound(what=WHAT, key=duplicate_id)
    return row


async def reopen(session: AsyncSession, merge_id: UUID) -> None:
    """The pair behind a merge that was undone is open again."""
    statement = select(D).where(D.merge_id == merge_id).with_for_update()
    for row in await session.scalars(statement):
        row.status, row.merge_id = DuplicateStatus.OPEN, None
        row.decided_at = row.decided_by = row.decision_reason = None


def _sides(kind: DuplicateKind) -> tuple[Any, Any]:
    return aliased(TABLES[kind]), aliased(TABLES[kind])


def _shown(kind: DuplicateKind, one: Any, other: Any) -> Select[Any]:
    a1, a2 = aliased(A), aliased(A)
    return (
        select(
            D,
            *_columns("first", kind, one, a1),
            *_columns("second", kind, other, a2),
        )
        .join(one, one.id == D.first_id)
        .join(other, other.id == D.second_id)
        .join(a1, a1.id == one.area_id)
        .join(a2, a2.id == other.area_id)
        .where(D.kind == kind)
    )


def _columns(side: str, kind: DuplicateKind, t: Any, area: Any) -> list[ColumnElement[Any]]:
    is_venue = kind is DuplicateKind.VENUE
    values: dict[str, Any] = {name: getattr(t, name) for name in _SIDE}
    values |= {
        "area_path": area.path_name,
        "credit_code": null() if is_venue else t.credit_code,
        "lon": t.lon if is_venue else null(),
        "lat": t.lat if is_venue else null(),
    }
    return [value.label(f"{side}_{name}") for name, value in values.items()]


def _duplicate(row: Row[Any], kind: DuplicateKind) -> contracts.Duplicate:
    pair = row[0]
    sides = {
        side: {
            name: getattr(row, f"{side}_{name}") for name in contracts.DuplicateSide.model_fields
        }
        for side in ("first", "second")
    }
    told = contracts.Duplicate.model_fields.keys() - sides.keys() - {"kind"}
    values = {name: getattr(pair, name) for name in told}
    return contracts.Duplicate.model_validate({**values, **sides, "kind": kind})

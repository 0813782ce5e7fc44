"""Pairs decided upon: the same, different, unsure. The same are merged, and a merge can be undone.

The kept record takes over what it lacks and what was chosen; everything that pointed at the other
one points at it; the other one is retired and stays as it was.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.contracts.feeds import Kind
from common.contracts.registry.duplicates import (
    DecisionIn,
    DuplicateKind,
    DuplicateStatus,
)
from common.contracts.registry.hours import OpeningHours
from common.errors import Conflict, Text
from common.geo import planar
from common.ids import uuid7
from registry import tables
from registry.domain import merging as rules
from registry.domain.merging import Taken
from registry.domain.searching import organisation_tokens, venue_tokens
from registry.queries import duplicates, followers, merged_lists
from registry.queries import merging as queries
from registry.queries.merging import Stamp
from registry.queries.opening import stored
from registry.queries.organisation_states import other_sides
from registry.usecases import duties
from registry.usecases.editing import PURPOSE, plain, touch

_FEEDS: Final = frozenset(Kind)  # tables whose rows are told in a feed of the same name


class MergeBlocked(Conflict):
    """What points at the two records does not fit together on one."""

    slug = "merge-blocked"
    title = Text("引用冲突，不能合并", "The references collide")
    detail = Text(
        "两条记录各自的关联不能并到一起（{constraint}）；请先结束其中一方的关联，再合并。",
        "What is tied to the two cannot be tied to one ({constraint}); end one of the ties first.",
    )


async def decide(
    session: AsyncSession, duplicate_id: UUID, said: DecisionIn, *, by: Actor, now: datetime
) -> tables.Duplicate:
    """Say what a pair is; the same become one at once."""
    pair = await duplicates.duplicate_for_update(session, duplicate_id)
    kind, ids = DuplicateKind(pair.kind), (pair.first_id, pair.second_id)
    target = rules.move(pair.status, said.verdict)
    rules.check_decision(kind, target, keep=said.keep_id, pair=ids, take=said.take)
    records = await queries.records_for_update(session, kind, *ids)
    for record in records.values():
        by.must_cover(record.area_code)

    merge_id = None
    if target is DuplicateStatus.SAME:
        kept = records[said.keep_id or ids[0]]
        retired = next(each for each in records.values() if each.id != kept.id)
        merge_id = (await _merge(session, kind, kept, retired, said, by=by, now=now)).id
    pair.status, pair.merge_id, pair.decision_reason = target, merge_id, said.reason
    pair.decided_at, pair.decided_by = now, by.alias(PURPOSE)
    audit.note(
        session,
        by,
        action="duplicate.decide",
        target=("duplicate", pair.id),
        area=records[ids[0]].area_code,
        after={"status": target, "first_id": str(ids[0]), "second_id": str(ids[1])},
        reason=said.reason,
    )
    return pair


async def _merge(
    session: AsyncSession,
    kind: DuplicateKind,
    kept: Any,
    retired: Any,
    said: DecisionIn,
    *,
    by: Actor,
    now: datetime,
) -> tables.Merge:
    if kept.merged_into_id or retired.merged_into_id:
        raise rules.AlreadyMerged
    if kind is DuplicateKind.ORGANISATION:
        rules.check_codes(_facts(kept), _facts(retired))
    taken = rules.taken_over(kind, _facts(kept), _facts(retired), said.take)

    stamp = Stamp(by.alias(PURPOSE), now)
    try:
        async with session.begin_nested():
            moved = await queries.move(session, kind, retired.id, kept.id, stamp)
            moved |= await merged_lists.rename(session, kind, retired.id, kept.id, stamp)
            moved |= await merged_lists.shut_no_further(session, moved, stamp)
    except IntegrityError as fault:  # any table's constraint may stand against it: named, not lost
        raise MergeBlocked(constraint=_constraint(fault)) from fault
    await _refreshed(session, kept, retired)
    _set(kept, {each.column: each.after for each in taken})
    retired.merged_into_id = kept.id
    await _told(session, kind, (kept, retired), moved, by=by, now=now)
    merge = tables.Merge(
        id=uuid7(),
        kind=kind,
        kept_id=kept.id,
        retired_id=retired.id,
        area_code=kept.area_code,
        reason=said.reason,
        taken=[{k: plain(v) for k, v in each._asdict().items()} for each in taken],
        moved={name: [str(each) for each in ids] for name, ids in moved.items()},
        made_at=now,
        made_by=stamp.by,
    )
    session.add(merge)
    _note(session, merge, "merge", by, reason=said.reason)
    return merge


async def undo(
    session: AsyncSession, merge_id: UUID, *, reason: str, by: Actor, now: datetime
) -> tables.Merge:
    """Make two of one again: references, fields and the retired record as they were."""
    merge = await queries.merge_for_update(session, merge_id)
    if merge.undone_at is not None:
        raise rules.MergeUndone
    kind = DuplicateKind(merge.kind)
    records = await queries.records_for_update(session, kind, merge.kept_id, merge.retired_id)
    kept, retired = records[merge.kept_id], records[merge.retired_id]
    for record in (kept, retired):
        by.must_cover(record.area_code)
    if kept.merged_into_id is not None:
        raise rules.LaterMergeStands

    stamp = Stamp(by.alias(PURPOSE), now)
    both = (retired.id, kept.id)
    moved = await queries.move_back(session, kind, merge.moved, *both, stamp)
    moved |= await merged_lists.name_again(session, kind, merge.moved, *both, stamp)
    await merged_lists.shut_again(session, merge.moved, stamp)
    await _refreshed(session, kept, retired)
    taken = [Taken(**each) for each in merge.taken]
    present = {each.column: plain(getattr(kept, each.column)) for each in taken}
    back = rules.given_back(taken, present)
    _set(kept, {name: _typed(kept, name, value) for name, value in back.items()})
    retired.merged_into_id = None
    await _told(session, kind, (kept, retired), moved, by=by, now=now)
    merge.undone_at, merge.undone_by, merge.undo_reason = now, stamp.by, reason
    await duplicates.reopen(session, merge.id)
    _note(session, merge, "undo", by, reason=reason)
    return merge


async def _told(
    session: AsyncSession,
    kind: DuplicateKind,
    records: Iterable[Any],
    moved: Mapping[str, list[UUID]],
    *,
    by: Actor,
    now: datetime,
) -> None:
    """New versions, search words, followers and feeds of what a merge or its undoing touched."""
    for record in records:
        record.search = _search(kind, record)
        touch(record, by, now)
        feed.mark(session, kind, record.id)
    await session.flush()
    for name, ids in moved.items():
        table = name.partition(".")[0]
        if table in _FEEDS:
            feed.mark_many(session, table, ids)
    ids = [record.id for record in records]
    if kind is DuplicateKind.VENUE:
        granted = await followers.follow_concessions(session, ids, by=by.alias(PURPOSE), now=now)
        feed.mark_many(session, "concession", granted)
        await duties.recount(session, ids, by=by, now=now)
        followed = await followers.follow(session, ids, by=by.alias(PURPOSE), now=now)
        feed.mark_many(session, "offering", followed)
        return
    for record_id in ids:
        feed.mark_many(session, kind, await other_sides(session, record_id))


async def _refreshed(session: AsyncSession, *records: Any) -> None:
    """Read again what the moving of references changed in the two records themselves."""
    for record in records:
        await session.refresh(record)


def _facts(record: Any) -> dict[str, Any]:
    return {column.key: getattr(record, column.key) for column in _columns(record)}


def _columns(record: Any) -> list[Any]:
    return [c for c in type(record).__table__.columns if c.key != "search"]


def _set(record: Any, values: Mapping[str, Any]) -> None:
    """Set columns, and those that follow from them."""
    for name, value in values.items():
        setattr(record, name, value)
    if "lon" in values:
        record.place = None if record.lon is None else tuple(planar(record.lon, record.lat))
    if "hours" in values:
        given = None if record.hours is None else OpeningHours.model_validate(record.hours)
        for name, value in stored(given).items():
            setattr(record, name, value)


def _typed(record: Any, name: str, value: Any) -> Any:
    """A value that was kept as JSON, as its column has it."""
    read: dict[str, Callable[[str], Any]] = {"DATE": date.fromisoformat, "UUID": UUID}
    column = str(type(record).__table__.columns[name].type)
    return read[column](value) if value is not None and column in read else value


def _search(kind: DuplicateKind, record: Any) -> list[str]:
    if kind is DuplicateKind.VENUE:
        return venue_tokens(record.name, record.address, record.code)
    told = ("name", "short_name", "code", "credit_code", "filing_number", "address")
    return organisation_tokens(**{name: getattr(record, name) for name in told})


def _constraint(fault: IntegrityError) -> str:
    return getattr(getattr(fault.orig, "__cause__", None), "constraint_name", None) or "?"


def _note(session: AsyncSession, merge: tables.Merge, verb: str, by: Actor, *, reason: str) -> None:
    audit.note(
        session,
        by,
        action=f"{merge.kind}.{verb}",
        target=(merge.kind, merge.kept_id),
        area=merge.area_code,
        after={
            "retired_id": str(merge.retired_id),
            "taken": [each["column"] for each in merge.taken],
            "moved": {name: len(ids) for name, ids in merge.moved.items()},
        },
        reason=reason,
    )

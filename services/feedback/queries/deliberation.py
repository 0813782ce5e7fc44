"""Bodies, seats, meetings and resolutions: one, many, and the chain that a resolution ends."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.codes.division import Division
from common.contracts import feedback_deliberation as contracts
from common.errors import NotFound, Text
from common.scope import under
from feedback import tables

B, S, M = tables.DeliberationBody, tables.Seat, tables.Meeting
T, R = tables.MeetingTopic, tables.Resolution
BODY: Final = Text("议事机构", "body")
SEAT: Final = Text("席位", "seat")
MEETING: Final = Text("会议", "meeting")
RESOLUTION: Final = Text("决议", "resolution")
LONGEST_CHAIN: Final = 200


async def bodies(
    session: AsyncSession,
    *,
    area: str | None,
    kind: contracts.BodyKind | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.DeliberationBody]:
    """A page of bodies, oldest first; one row more than `limit` tells of a next page."""
    ways = _ways(B.area_code, B.id, area, after)
    if kind is not None:
        ways.append(B.kind == kind)
    return (await session.scalars(select(B).where(*ways).order_by(B.id).limit(limit + 1))).all()


async def body(
    session: AsyncSession, body_id: UUID, *, lock: bool = False
) -> tables.DeliberationBody:
    """One body; locked until the transaction ends when it is to be changed."""
    statement = select(B).where(B.id == body_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=BODY, key=body_id)
    return row


async def seats(
    session: AsyncSession, body_ids: Sequence[UUID], *, on: date | None = None
) -> dict[UUID, list[tables.Seat]]:
    """The seats of bodies, all of them or those that stand on a day."""
    statement = select(S).where(S.body_id.in_(body_ids)).order_by(S.body_id, S.id)
    if on is not None:
        statement = statement.where(S.from_on <= on, or_(S.to_on.is_(None), S.to_on >= on))
    found: dict[UUID, list[tables.Seat]] = {body_id: [] for body_id in body_ids}
    for row in await session.scalars(statement):
        found[row.body_id].append(row)
    return found


async def seat(session: AsyncSession, body_id: UUID, seat_id: UUID) -> tables.Seat:
    """One seat, locked."""
    row = await session.scalar(
        select(S).where(S.body_id == body_id, S.id == seat_id).with_for_update()
    )
    if row is None:
        raise NotFound(what=SEAT, key=seat_id)
    return row


async def meetings(
    session: AsyncSession,
    *,
    area: str | None,
    body_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Meeting]:
    """A page of meetings, oldest first; one row more than `limit` tells of a next page."""
    ways = _ways(M.area_code, M.id, area, after)
    if body_id is not None:
        ways.append(M.body_id == body_id)
    return (await session.scalars(select(M).where(*ways).order_by(M.id).limit(limit + 1))).all()


async def meeting(session: AsyncSession, meeting_id: UUID, *, lock: bool = False) -> tables.Meeting:
    """One meeting; locked until the transaction ends when it is to be changed."""
    statement = select(M).where(M.id == meeting_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(what=MEETING, key=meeting_id)
    return row


async def topics(
    session: AsyncSession, meeting_ids: Sequence[UUID]
) -> dict[UUID, list[tables.MeetingTopic]]:
    """The topics of meetings in their order."""
    statement = select(T).where(T.meeting_id.in_(meeting_ids)).order_by(T.meeting_id, T.position)
    found: dict[UUID, list[tables.MeetingTopic]] = {each: [] for each in meeting_ids}
    for row in await session.scalars(statement):
        found[row.meeting_id].append(row)
    return found


async def resolutions(
    session: AsyncSession,
    *,
    area: str | None,
    proposal_id: UUID | None,
    after: UUID | None,
    limit: int,
) -> Sequence[tables.Resolution]:
    """A page of resolutions, oldest first; one row more than `limit` tells of a next page."""
    ways = _ways(R.area_code, R.id, area, after)
    if proposal_id is not None:
        ways.append(R.proposal_id == proposal_id)
    return (await session.scalars(select(R).where(*ways).order_by(R.id).limit(limit + 1))).all()


async def resolution(session: AsyncSession, resolution_id: UUID) -> tables.Resolution:
    """One resolution."""
    row = await session.get(R, resolution_id)
    if row is None:
        raise NotFound(what=RESOLUTION, key=resolution_id)
    return row


async def chain(session: AsyncSession, resolution_id: UUID) -> Sequence[tables.Resolution]:
    """A resolution with all that it goes on from, the first one first."""
    steps = select(R.id, R.previous_id).where(R.id == resolution_id).cte("steps", recursive=True)
    before = select(R.id, R.previous_id).join(steps, R.id == steps.c.previous_id)
    steps = steps.union(before)
    statement = select(R).where(R.id.in_(select(steps.c.id))).order_by(R.id).limit(LONGEST_CHAIN)
    found = (await session.scalars(statement)).all()
    if not found:
        raise NotFound(what=RESOLUTION, key=resolution_id)
    return found


async def numbers_for(session: AsyncSession, areas: Mapping[UUID, str]) -> dict[UUID, list[str]]:
    """The numbers of the resolutions that stand on proposals, in the order of their making.

    `areas` are those of the proposals. What a later resolution of its chain has not adopted stands
    no more. What a body of another area, or after its term, has written down neither stands nor
    overturns anything; nor does what is on another proposal.
    """
    root, place = R.id.label("root"), literal(0).label("place")
    steps = (
        select(root, R.id, place, R.proposal_id.label("of"))
        .where(R.proposal_id.in_(areas), R.is_adopted)
        .cte("steps", recursive=True)
    )
    after = select(steps.c.root, R.id, steps.c.place + 1, steps.c.of)
    after = after.select_from(steps).join(R, R.previous_id == steps.c.id)
    steps = steps.union_all(after)
    statement = (
        select(steps.c.root, R.id, R.number, R.proposal_id, R.is_adopted)
        .add_columns(M.starts_at, B.area_code, B.term_from_on, B.term_to_on)
        .select_from(steps)
        .join(R, (R.id == steps.c.id) & (R.proposal_id == steps.c.of))
        .join(M, M.id == R.meeting_id)
        .join(B, B.id == R.body_id)
        .order_by(steps.c.root, steps.c.place)
    )
    chains: dict[UUID, list[Any]] = {}
    for row in await session.execute(statement):
        own = Division.parse(row.area_code).contains(Division.parse(areas[row.proposal_id]))
        if own and row.term_from_on <= city_day(row.starts_at) <= row.term_to_on:
            chains.setdefault(row.root, []).append(row)
    found: dict[UUID, list[str]] = {each: [] for each in areas}
    for key, counted in chains.items():
        first, last = counted[0], counted[-1]
        if first.id == key and last.is_adopted:
            found[first.proposal_id].append(first.number)
    return found


def shown_body(row: tables.DeliberationBody, held: Sequence[tables.Seat]) -> contracts.Body:
    """A body as it is answered."""
    return contracts.Body(
        **_values(row, contracts.Body, "seats"),
        seats=[contracts.Seat.model_validate(seat) for seat in held],
    )


def shown_meeting(row: tables.Meeting, listed: Sequence[tables.MeetingTopic]) -> contracts.Meeting:
    """A meeting as it is answered."""
    return contracts.Meeting(
        **_values(row, contracts.Meeting, "topics"),
        topics=[contracts.Topic.model_validate(topic) for topic in listed],
    )


def _values(row: Any, model: type[Any], *computed: str) -> dict[str, Any]:
    names = set(model.model_fields) - set(computed)
    return {name: getattr(row, name) for name in names}


def _ways(area_code: Any, key: Any, area: str | None, after: UUID | None) -> list[Any]:
    ways: list[ColumnElement[bool]] = []
    if area is not None:
        ways.append(under(area_code, area))
    if after is not None:
        ways.append(key > after)
    return ways

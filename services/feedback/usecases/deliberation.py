"""Deliberation: bodies set up, seats filled, meetings called and held, resolutions written down."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_deliberation as contracts
from common.contracts.feedback_deliberation import BodyKind, MeetingStatus
from common.edge import must_match
from common.errors import FieldError, NotFound, Text
from common.ids import uuid7
from common.records import made, touch
from common.rules_table import rule_table
from feedback import tables
from feedback.domain import deliberation as rules
from feedback.domain.numbers import Numbered, number
from feedback.queries import deliberation as queries
from feedback.queries import proposals as proposal_queries

BODY: Final = "deliberation_body"


async def set_up(
    session: AsyncSession, wish: contracts.BodyIn, *, by: Actor, now: datetime
) -> tables.DeliberationBody:
    """A body for a term."""
    by.must_cover(wish.area_code)
    rules.check_term(wish.term_from_on, wish.term_to_on, "/term_to_on")
    row = tables.DeliberationBody(id=uuid7(), **wish.model_dump(), **made(by, now))
    session.add(row)
    await session.flush()
    _note(session, by, "body.set_up", (BODY, row.id), row.area_code, {"kind": row.kind})
    return row


async def add_seat(
    session: AsyncSession, body_id: UUID, wish: contracts.SeatIn, *, by: Actor, now: datetime
) -> tables.Seat:
    """A seat of a body, from today on."""
    body = await queries.body(session, body_id, lock=True)
    by.must_cover(body.area_code)
    row = tables.Seat(
        body_id=body_id, id=uuid7(), from_on=city_day(now), to_on=None, **wish.model_dump()
    )
    session.add(row)
    touch(body, by, now)
    await session.flush()
    _note(session, by, "body.add_seat", (BODY, body_id), body.area_code, {"title": row.title})
    return row


async def close_seat(
    session: AsyncSession,
    body_id: UUID,
    seat_id: UUID,
    wish: contracts.SeatClosing,
    *,
    by: Actor,
    now: datetime,
) -> tables.Seat:
    """A seat is empty after a day."""
    body = await queries.body(session, body_id, lock=True)
    by.must_cover(body.area_code)
    row = await queries.seat(session, body_id, seat_id)
    rules.check_term(row.from_on, wish.to_on, "/to_on")
    row.to_on = wish.to_on
    touch(body, by, now)
    await session.flush()
    facts = {"title": row.title, "to_on": str(row.to_on)}
    _note(session, by, "body.close_seat", (BODY, body_id), body.area_code, facts)
    return row


async def call(
    session: AsyncSession, wish: contracts.MeetingIn, *, by: Actor, now: datetime
) -> tables.Meeting:
    """Call a meeting within the body's term, on proposals of its area."""
    body = await queries.body(session, wish.body_id)
    by.must_cover(body.area_code)
    rules.check_in_term(city_day(wish.starts_at), body.term_from_on, body.term_to_on)
    ids = [topic.proposal_id for topic in wish.topics if topic.proposal_id is not None]
    known = await proposal_queries.many(session, ids)
    for proposal_id in ids:
        if proposal_id not in known:
            raise NotFound(what=proposal_queries.WHAT, key=proposal_id)
    areas = [
        None if topic.proposal_id is None else known[topic.proposal_id].area_code
        for topic in wish.topics
    ]
    rules.check_areas(body.area_code, areas)
    row = tables.Meeting(
        id=uuid7(),
        body_id=body.id,
        area_code=body.area_code,
        status=MeetingStatus.CALLED,
        starts_at=wish.starts_at,
        place=wish.place,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add_all(
        tables.MeetingTopic(meeting_id=row.id, position=at, **topic.model_dump())
        for at, topic in enumerate(wish.topics, 1)
    )
    await session.flush()
    _note(session, by, "meeting.call", ("meeting", row.id), row.area_code, {})
    return row


async def hold(
    session: AsyncSession,
    meeting_id: UUID,
    said: contracts.MinutesIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Meeting:
    """Write down who was there and what was said; below the quorum nothing is decided."""
    row = await queries.meeting(session, meeting_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    step = Text("登记纪要", "minutes")
    rules.check_step(row.status, row.cancelled_at, step, follows=MeetingStatus.CALLED)
    if now < row.starts_at:
        raise rules.MeetingCannotMove(current=row.status, step=step)
    body = await queries.body(session, row.body_id)
    day = city_day(row.starts_at)
    seats = [seat.id for seat in (await queries.seats(session, [body.id], on=day))[body.id]]
    rules.check_present(said.present, seats)
    in_force = (await rule_table(session)).at(day, body.area_code)
    quorum = rules.quorum(BodyKind(body.kind), in_force)
    is_quorate = rules.is_quorate(len(said.present), len(seats), quorum)
    row.status = MeetingStatus.HELD if is_quorate else MeetingStatus.INQUORATE
    row.seats, row.present, row.present_ids = len(seats), len(said.present), said.present
    row.quorum_rule, row.minutes, row.held_at = quorum.code, said.minutes, now
    touch(row, by, now)
    facts = {"status": row.status, "seats": row.seats, "present": row.present}
    _note(session, by, "meeting.hold", ("meeting", row.id), row.area_code, facts)
    return row


async def cancel(
    session: AsyncSession,
    meeting_id: UUID,
    said: contracts.MeetingCancellation,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Meeting:
    """Call a meeting off, with a public reason, as long as nobody has written its minutes.

    Also after its hour: what never came about is no meeting below its quorum.
    """
    row = await queries.meeting(session, meeting_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    step = Text("取消", "cancellation")
    rules.check_step(row.status, row.cancelled_at, step, follows=MeetingStatus.CALLED)
    row.status, row.cancelled_at, row.cancel_reason = MeetingStatus.CANCELLED, now, said.reason
    touch(row, by, now)
    facts = {"status": row.status, "reason": said.reason}
    _note(session, by, "meeting.cancel", ("meeting", row.id), row.area_code, facts)
    return row


async def resolve(
    session: AsyncSession, said: contracts.ResolutionIn, *, by: Actor, now: datetime
) -> tables.Resolution:
    """Write a resolution down; whether it is adopted follows from votes and rule."""
    meeting = await queries.meeting(session, said.meeting_id, lock=True)
    by.must_cover(meeting.area_code)
    step = Text("作决议", "resolution")
    rules.check_step(meeting.status, meeting.cancelled_at, step, follows=MeetingStatus.HELD)
    present, seats = meeting.present or 0, meeting.seats or 0
    rules.check_votes(said, present)
    topic = await _topic(session, said)
    body = await queries.body(session, meeting.body_id)
    if said.previous_id is not None:
        previous = await queries.resolution(session, said.previous_id)
        before = await _topic(session, previous)
        rules.check_goes_on(
            *(previous.id, previous.number, previous.area_code, body.area_code),
            is_same_matter=rules.matter(previous.proposal_id, previous.body_id, before.title)
            == rules.matter(topic.proposal_id, body.id, topic.title),
        )
    in_force = (await rule_table(session)).at(city_day(meeting.starts_at), body.area_code)
    majority, of_seats = rules.majority(BodyKind(body.kind), in_force)
    resolution_id = uuid7()
    row = tables.Resolution(
        id=resolution_id,
        number=number(Numbered.RESOLUTION, city_day(now), resolution_id),
        body_id=body.id,
        area_code=body.area_code,
        proposal_id=topic.proposal_id,
        present=present,
        is_adopted=rules.is_adopted(said.votes_for, seats if of_seats else present, majority),
        majority_rule=majority.code,
        decided_at=now,
        decided_by=by.subject,
        **said.model_dump(),
    )
    session.add(row)
    await session.flush()
    facts = {"number": row.number, "is_adopted": row.is_adopted}
    _note(session, by, "resolution.make", ("resolution", row.id), row.area_code, facts)
    return row


async def _topic(
    session: AsyncSession, said: contracts.ResolutionIn | tables.Resolution
) -> tables.MeetingTopic:
    topics = (await queries.topics(session, [said.meeting_id]))[said.meeting_id]
    for topic in topics:
        if topic.position == said.topic:
            return topic
    told = Text(f"应为 1 至 {len(topics)}", f"from 1 to {len(topics)}")
    raise rules.WrongDeliberation(errors=[FieldError("/topic", said.topic, told)])


def _note(
    session: AsyncSession,
    by: Actor,
    action: str,
    target: tuple[str, UUID],
    area: str,
    facts: dict[str, Any],
) -> None:
    audit.note(session, by, action=action, target=target, area=area, after=facts)

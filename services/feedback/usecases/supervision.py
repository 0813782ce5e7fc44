"""Supervision: the roster kept, desk days held, requests made, answered in time, judged."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_supervision as contracts
from common.contracts.feedback_supervision import (
    DeputyIn,
    DeskDayIn,
    SupervisionAnswer,
    SupervisionIn,
    SupervisionVerdict,
    TermEnd,
    Verdict,
)
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import FieldError, Text
from common.ids import uuid7
from common.records import made, touch
from feedback import tables
from feedback.domain import clocks
from feedback.domain import supervision as rules
from feedback.domain.numbers import Numbered, number
from feedback.queries import cases as case_queries
from feedback.queries import voices as queries
from feedback.queries.ground import ground
from feedback.usecases import case_steps, routing
from feedback.usecases.case_steps import Step


async def enrol(
    session: AsyncSession, wish: DeputyIn, *, by: Actor, now: datetime
) -> tables.Deputy:
    """A deputy of an area, for a term."""
    by.must_cover(wish.area_code)
    row = tables.Deputy(**wish.model_dump(), **made(by, now))
    session.add(row)
    await session.flush()
    _note(session, by, "deputy.enrol", row, {"kind": row.kind, "term_from": str(row.term_from)})
    return row


async def end_term(
    session: AsyncSession,
    deputy_id: UUID,
    wish: TermEnd,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Deputy:
    """A term ends sooner than it was to."""
    row = await queries.found(session, tables.Deputy, deputy_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_end(row.term_from, row.term_to, wish.term_to)
    row.term_to = wish.term_to
    touch(row, by, now)
    _note(session, by, "deputy.end", row, {"term_to": str(row.term_to), "reason": wish.words})
    return row


async def observable(session: AsyncSession, by: Actor, now: datetime) -> ColumnElement[bool]:
    """The cases that a deputy may observe today. Raises `NotOnTheRoster`."""
    wards = await queries.wards(session, by, city_day(now))
    if not wards:
        raise rules.NotOnTheRoster(area=by.area)
    return queries.observable(by, wards)


async def hold_desk_day(
    session: AsyncSession, wish: DeskDayIn, *, by: Actor, now: datetime
) -> tables.DeskDay:
    """A day on which deputies of the area receive residents."""
    by.must_cover(wish.area_code)
    ids = list(dict.fromkeys(wish.deputy_ids))
    known = await queries.deputies(session, ids)
    for each in ids:
        deputy = known.get(each)
        if deputy is None or not rules.serves(deputy.term_from, deputy.term_to, wish.held_on):
            told = Text("不在名册或任期", "on no roster that day")
            raise rules.WrongDeskDay(errors=[FieldError("/deputy_ids", str(each), told)])
    values = {**wish.model_dump(), "deputy_ids": ids}
    row = tables.DeskDay(**values, **made(by, now))
    session.add(row)
    await session.flush()
    _note(session, by, "desk_day.hold", row, {"held_on": str(row.held_on)})
    return row


async def request(
    session: AsyncSession, wish: SupervisionIn, *, keys: Keys, by: Actor, now: datetime
) -> tables.Supervision:
    """A deputy asks a body to account for something until a deadline."""
    deputy = await queries.serving(session, by, wish.area_code, city_day(now))
    if deputy is None:
        raise rules.NotOnTheRoster(area=wish.area_code)
    if wish.desk_day_id is not None:
        await queries.found(session, tables.DeskDay, wish.desk_day_id)
    stands = await ground(session)
    in_force = stands.at(wish.area_code, now)
    await routing.line_of(session, wish.body_id, None, in_force)
    rule = in_force.setting("recheck", "supervision")
    clock = clocks.counted(city_day(now), rule, stands.calendar)
    request_id = uuid7()
    row = tables.Supervision(
        id=request_id,
        number=number(Numbered.SUPERVISION, city_day(now), request_id),
        deputy_id=deputy.id,
        **wish.model_dump(),
        requested_at=now,
        due_at=clock.due_at,
        is_due_provisional=clock.is_provisional,
        deadline_rule=clock.rule,
        **made(by, now),
    )
    if wish.case_id is not None:
        scope = await observable(session, by, now)
        case = await case_queries.found(session, scope, wish.case_id, lock=True)
        step = Step("supervised", by, now, keys, facts={"supervision": row.number})
        case_steps.write(session, case, step)
    session.add(row)
    await session.flush()
    _note(session, by, "supervision.request", row, {"number": row.number, "rule": clock.rule})
    return row


async def answer(
    session: AsyncSession,
    request_id: UUID,
    said: SupervisionAnswer,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Supervision:
    """The body's desk answers in writing, in public."""
    row = await queries.found(session, tables.Supervision, request_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_answerable(row.answer)
    row.answer, row.answered_at = said.words, now
    touch(row, by, now)
    _note(session, by, "supervision.answer", row, {"in_time": now < row.due_at})
    return row


async def judge(
    session: AsyncSession,
    request_id: UUID,
    said: SupervisionVerdict,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Supervision:
    """Who asked says what the answer is worth, in a later term too; else who serves there now."""
    row = await queries.found(session, tables.Supervision, request_id, lock=True)
    today = city_day(now)
    deputy = await queries.serving(session, by, row.area_code, today)
    asked = (await queries.deputies(session, [row.deputy_id]))[row.deputy_id].account
    serves = await queries.in_office(session, asked, row.area_code, today) is not None
    if deputy is None or not rules.may_judge(deputy.account, asked, asker_serves=serves):
        raise rules.NotOnTheRoster(area=row.area_code)
    must_match(row.version, version)
    before = None if row.verdict is None else Verdict(row.verdict)
    rules.check_verdict(row.answer, before, said.verdict, said.words)
    row.verdict, row.verdict_words, row.judged_at = said.verdict, said.words, now
    touch(row, by, now)
    _note(session, by, "supervision.judge", row, {"verdict": row.verdict})
    return row


async def shown(
    session: AsyncSession, rows: list[tables.Supervision], now: datetime
) -> list[contracts.Supervision]:
    """Rows of the public ledger; the case behind a request is nobody else's business."""
    deputies = await queries.deputies(session, [row.deputy_id for row in rows])
    names = set(contracts.Supervision.model_fields) - {"deputy", "is_overdue"}
    return [
        contracts.Supervision(
            **{name: getattr(row, name) for name in names},
            deputy=contracts.Deputy.model_validate(deputies[row.deputy_id]),
            is_overdue=(row.answered_at or now) >= row.due_at,
        )
        for row in rows
    ]


async def shown_days(session: AsyncSession, rows: list[tables.DeskDay]) -> list[contracts.DeskDay]:
    """Desk days with the deputies who were there."""
    known = await queries.deputies(session, [each for row in rows for each in row.deputy_ids])
    return [
        contracts.DeskDay(
            id=row.id,
            area_code=row.area_code,
            held_on=row.held_on,
            place=row.place,
            deputies=[
                contracts.Deputy.model_validate(known[each])
                for each in row.deputy_ids
                if each in known
            ],
        )
        for row in rows
    ]


def _note(
    session: AsyncSession,
    by: Actor,
    action: str,
    row: tables.Deputy | tables.DeskDay | tables.Supervision,
    after: dict[str, object],
) -> None:
    target = (action.partition(".")[0], row.id)
    audit.note(session, by, action=action, target=target, area=row.area_code, after=after)

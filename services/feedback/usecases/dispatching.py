"""Work sent within a house, and what came back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_dispatches as contracts
from common.contracts.feedback_dispatches import (
    DispatchAnswer,
    DispatchCancellation,
    DispatchIn,
    DispatchStatus,
)
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import NotFound, Text
from common.ids import uuid7
from common.records import made, touch
from feedback import tables
from feedback.domain import dispatches as rules
from feedback.domain.clocks import Due
from feedback.queries import cases as case_queries
from feedback.queries import dispatches as queries
from feedback.queries.ground import ground
from feedback.queries.routing import body
from feedback.usecases import approving, case_steps, handling
from feedback.usecases.case_steps import Step

_BODY = Text("单位（或已撤销）", "organisation, or it is dissolved")


async def dispatch(
    session: AsyncSession,
    case: tables.Case,
    wish: DispatchIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> contracts.Dispatch:
    """Send work of a locked case to who lives in the house. The case's own clock runs on."""
    approving.must_run(case)
    venue_id = wish.venue_id or case.venue_id
    if venue_id is None:
        raise rules.NoVenue
    organisation = await body(session, wish.organisation_id)
    if organisation is None:
        raise NotFound(what=_BODY, key=wish.organisation_id)
    rules.check_house(organisation, venue_id, city_day(now))
    stands = await ground(session)
    own = rules.due(now, stands.at(case.area_code, now), stands.calendar)
    due = rules.within(Due(case.due_at, case.is_due_provisional), own)
    dispatch_id = uuid7()
    row = tables.Dispatch(
        id=dispatch_id,
        case_id=case.id,
        area_code=case.area_code,
        line=case.line,
        organisation_id=wish.organisation_id,
        venue_id=venue_id,
        status=DispatchStatus.SENT,
        words=keys.fields.seal(wish.words, context=place("dispatch", "words", dispatch_id)),
        sent_at=now,
        due_at=due.at,
        is_due_provisional=due.is_provisional,
        own_due_at=own.at,
        is_own_due_provisional=own.is_provisional,
        **made(by, now),
    )
    session.add(row)
    facts = {"to": str(wish.organisation_id), "venue": str(venue_id)}
    case_steps.write(session, case, Step("dispatch", by, now, keys, facts=facts))
    await session.flush()
    return shown(row, case.number, keys, now)


async def answer(
    session: AsyncSession,
    dispatch_id: UUID,
    said: DispatchAnswer,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> contracts.Dispatch:
    """The body of the house says that it is done, or why it is not its own."""
    before = await queries.found(session, by, dispatch_id)
    by.must_act_for(before.organisation_id)
    case = await case_queries.locked(session, before.case_id)
    row = await queries.locked(session, dispatch_id)
    must_match(row.version, version)
    rules.check_open(row.status, row.cancelled_at)
    row.status, row.answered_at = said.status, now
    row.answer = keys.fields.seal(said.words, context=place("dispatch", "answer", row.id))
    touch(row, by, now)
    facts = {"by": str(row.organisation_id), "outcome": said.status.value}
    case_steps.write(session, case, Step("dispatch_answered", by, now, keys, facts=facts))
    return shown(row, case.number, keys, now)


async def cancel(
    session: AsyncSession,
    dispatch_id: UUID,
    said: DispatchCancellation,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> contracts.Dispatch:
    """Who handles the case takes the work back as long as the house has not answered.

    Its clock ends; the case's own runs on. The same work may be sent again, also to the same body.
    """
    before = await queries.found(session, by, dispatch_id)
    case = await case_queries.locked(session, before.case_id)
    handling.must_handle(by, case)
    row = await queries.locked(session, dispatch_id)
    must_match(row.version, version)
    rules.check_open(row.status, row.cancelled_at)
    row.status, row.cancelled_at = DispatchStatus.CANCELLED, now
    row.cancel_reason = keys.fields.seal(
        said.words, context=place("dispatch", "cancel_reason", row.id)
    )
    touch(row, by, now)
    facts = {"to": str(row.organisation_id)}
    step = Step("dispatch_cancelled", by, now, keys, words=said.words, facts=facts)
    case_steps.write(session, case, step)
    return shown(row, case.number, keys, now)


def shown(row: tables.Dispatch, case_number: str, keys: Keys, now: datetime) -> contracts.Dispatch:
    """A dispatch as both its ends see it."""
    words = keys.fields.open(row.words, context=place("dispatch", "words", row.id))
    answer = row.answer and keys.fields.open(
        row.answer, context=place("dispatch", "answer", row.id)
    )
    reason = row.cancel_reason and keys.fields.open(
        row.cancel_reason, context=place("dispatch", "cancel_reason", row.id)
    )
    if row.cancelled_at is not None and reason is None:
        reason = rules.ENDED_WITH_CASE.zh
    return contracts.Dispatch(
        id=row.id,
        case_id=row.case_id,
        case_number=case_number,
        organisation_id=row.organisation_id,
        venue_id=row.venue_id,
        status=DispatchStatus(row.status),
        words=words,
        answer=answer,
        sent_at=row.sent_at,
        due_at=row.due_at,
        is_due_provisional=row.is_due_provisional,
        is_overdue=(row.answered_at or row.cancelled_at or now) >= row.due_at,
        answered_at=row.answered_at,
        cancelled_at=row.cancelled_at,
        cancel_reason=reason,
        version=row.version,
    )

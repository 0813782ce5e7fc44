"""Issues of several departments: opened, led, moved on, settled; every step is kept."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_issues as contracts
from common.contracts.feedback_issues import IssueIn, IssuePatch, IssueProgress, IssueStatus
from common.edge import must_match
from common.errors import NotFound, Text
from common.ids import uuid7
from common.records import made, name_of, touch
from feedback import tables
from feedback.domain import issues as rules
from feedback.domain.numbers import Numbered, number
from feedback.queries import cases as case_queries
from feedback.queries import voices as queries
from feedback.queries.routing import body

_BODY = Text("单位（或已撤销）", "organisation, or it is dissolved")


async def open_issue(
    session: AsyncSession, wish: IssueIn, *, by: Actor, now: datetime
) -> tables.Issue:
    """Name who leads, who helps, and until when."""
    by.must_cover(wish.area_code)
    rules.check_bodies(wish.lead_id, wish.helping_ids)
    rules.check_due(wish.due_on, city_day(now))
    await _must_exist(session, [wish.lead_id, *wish.helping_ids])
    for case_id in wish.case_ids:
        await case_queries.found(session, case_queries.within(by), case_id)
    issue_id = uuid7()
    row = tables.Issue(
        id=issue_id,
        number=number(Numbered.ISSUE, city_day(now), issue_id),
        **wish.model_dump(),
        status=IssueStatus.OPEN,
        raised_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    _keep(session, row, by, now, wish.words)
    return row


async def change(
    session: AsyncSession,
    issue_id: UUID,
    patch: IssuePatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Issue:
    """Another lead, other helpers, another day: with the reason."""
    row = await _open(session, issue_id, version, by)
    lead = patch.lead_id or row.lead_id
    helping = row.helping_ids if patch.helping_ids is None else patch.helping_ids
    rules.check_bodies(lead, helping)
    if patch.due_on is not None:
        rules.check_due(patch.due_on, city_day(now))
        row.due_on = patch.due_on
    await _must_exist(session, {lead, *helping} - {row.lead_id, *row.helping_ids})
    row.lead_id, row.helping_ids = lead, list(helping)
    touch(row, by, now)
    _keep(session, row, by, now, patch.words)
    return row


async def progress(
    session: AsyncSession,
    issue_id: UUID,
    said: IssueProgress,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Issue:
    """What was done, by which body; perhaps it is settled with that."""
    row = await _open(session, issue_id, version, by)
    if said.is_settled:
        row.status, row.settled_at = IssueStatus.SETTLED, now
    touch(row, by, now)
    _keep(session, row, by, now, said.words, said.body_id)
    return row


async def file(session: AsyncSession, row: tables.Issue) -> contracts.IssueFile:
    """An issue with everything that happened."""
    steps = await queries.steps(session, row.id)
    shown = contracts.Issue.model_validate(row).model_dump()
    return contracts.IssueFile(
        **shown, steps=[contracts.IssueStep.model_validate(step) for step in steps]
    )


async def _open(session: AsyncSession, issue_id: UUID, version: int, by: Actor) -> tables.Issue:
    row = await queries.found(session, tables.Issue, issue_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    rules.check_open(row.status)
    return row


async def _must_exist(session: AsyncSession, ids: Iterable[UUID]) -> None:
    for each in ids:
        if await body(session, each) is None:
            raise NotFound(what=_BODY, key=each)


def _keep(
    session: AsyncSession,
    row: tables.Issue,
    by: Actor,
    now: datetime,
    words: str,
    body_id: UUID | None = None,
) -> None:
    session.add(
        tables.IssueStep(
            issue_id=row.id,
            seq=row.version,
            at=now,
            by=name_of(by),
            body_id=body_id,
            words=words,
        )
    )
    after = {"status": row.status, "lead_id": str(row.lead_id), "due_on": str(row.due_on)}
    audit.note(
        session,
        by,
        action="issue.write",
        target=("issue", row.id),
        area=row.area_code,
        after=after,
    )

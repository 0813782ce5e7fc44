"""The history of records over HTTP: what was changed by whom, and what a record once was."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import CITY_ZONE, city_day
from common.contracts.base import Page
from common.contracts.registry import history as contracts
from common.contracts.registry.history import HistoryKind
from common.edge import Now, Session
from common.errors import NotFound, Text, problems
from common.paging import After, BadPageToken, Limit, key_of, token
from common.route import TransactionRoute
from registry.domain.history import OWN, steps
from registry.queries import history as queries

router = APIRouter(prefix="/v1/history", tags=["history"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.HISTORY_READ)]
_READ = (NotFound, OutOfArea, OutOfLine)


class NotYetThere(NotFound):
    """The record was made after the day that was asked for."""

    slug = "not-yet-there"
    title = Text("当时尚无此记录", "Not there yet")
    detail = Text("{on} 结束时尚无此记录。", "There was no such record at the end of {on}.")


@router.get("/{kind}/{record_id}", responses=problems(*_READ, BadPageToken))
async def read_changes(
    session: Session,
    actor: Reader,
    kind: HistoryKind,
    record_id: UUID,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.RecordChange]:
    """Every change of a record, the newest first: who, when, from what to what."""
    await _must_reach(session, actor, kind, record_id)
    (below,) = key_of(after, int) or (None,)
    found = await queries.versions(session, kind, record_id, below=below, limit=limit + 1)
    labels = queries.labels(kind)
    told = [
        contracts.RecordChange(
            version=version.version,
            at=version.at,
            by=version.by,
            changes=[
                contracts.FieldChange(label=labels.get(each.name, each.name), **each._asdict())
                for each in changed
            ],
        )
        for version, changed in steps(found)[:limit]
    ]
    following = token(told[-1].version) if len(found) > limit else None
    return Page[contracts.RecordChange](items=told, next=following)


@router.get("/{kind}/{record_id}/state", responses=problems(*_READ, NotYetThere))
async def read_state(
    session: Session,
    actor: Reader,
    now: Now,
    kind: HistoryKind,
    record_id: UUID,
    on: Annotated[
        date | None, Query(description="该日结束时的原样，默认今天 / as it was when the day ended")
    ] = None,
) -> contracts.RecordState:
    """A record as it was when a day ended (Asia/Shanghai)."""
    await _must_reach(session, actor, kind, record_id)
    day = min(on or city_day(now), city_day(now))
    ended = datetime.combine(day + timedelta(days=1), time(), CITY_ZONE)
    found = await queries.version_before(session, kind, record_id, ended)
    if found is None:
        raise NotYetThere(on=day)
    version, is_current = found
    return contracts.RecordState(
        kind=kind,
        id=record_id,
        version=version.version,
        at=version.at,
        by=version.by,
        is_current=is_current,
        record={name: value for name, value in version.facts.items() if name not in OWN},
    )


async def _must_reach(session: Session, actor: Actor, kind: HistoryKind, record_id: UUID) -> None:
    """Staff of the area; what lies nowhere is the business of all who may read history.

    What is a line's alone stays so: a programme before it is published.
    """
    area = await queries.area_of(session, kind, record_id)
    if area is not None:
        actor.must_cover(area)
    line = await queries.line_of(session, kind, record_id)
    if line is not None:
        actor.must_see_line(line)

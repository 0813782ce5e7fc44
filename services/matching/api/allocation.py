"""Citywide runs over HTTP: asked for, watched, compared, checked, committed."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from starlette.requests import Request
from starlette.responses import StreamingResponse

from common import audit
from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.auth.roles import Role
from common.contracts import matching_allocation as contracts
from common.contracts.base import Page
from common.contracts.matching import UnmetReason
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, key_of, page
from common.route import TransactionRoute
from matching import tables
from matching.allocation.checking import check
from matching.domain.drafts import RunIsPast
from matching.queries import allocation as queries
from matching.queries import allocation_results as results
from matching.queries import replays
from matching.usecases import allocation as usecases
from matching.usecases import allocation_commit as committing
from matching.usecases import allocation_progress as progress
from matching.usecases.allocation_files import Proof, opened

router = APIRouter(prefix="/v1/allocation-runs", tags=["allocation"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.ALLOCATION_READ)]
Runner = Annotated[Actor, needs(Permission.ALLOCATION_RUN)]
Committer = Annotated[Actor, needs(Permission.ALLOCATION_COMMIT)]
Checker = Annotated[Actor, needs(Permission.ALLOCATION_CHECK)]


class EventStream(StreamingResponse):
    """Events as they come. FastAPI's own class wants an endpoint that yields, inside a transaction
    that would stay open as long as the listener does.
    """

    media_type = "text/event-stream"


# Runs of releases that did not keep these.
_BEFORE: dict[str, Any] = {
    "bound_funding": [],
    "free_funding": None,
    "is_tiered": True,
    "wish_m": 0,
    "unverified_m": 0,
}
_STEP = problems(
    NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, usecases.RunCannotMove
)
_COMMIT = problems(
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    *(usecases.RunCannotMove, RunIsPast),
)


@router.get("", responses=problems(BadPageToken))
async def list_runs(
    session: Session, actor: Reader, after: After = None, limit: Limit = 20
) -> Page[contracts.Run]:
    """Runs within the caller's area, newest first."""
    (last,) = key_of(after, UUID) or (None,)
    rows = await queries.page(session, actor, after=last, limit=limit)
    items = [_shown(row) for row in rows]
    return Page[contracts.Run](**page(items, limit, lambda each: (each.id,)))


@router.post("", status_code=202, responses=problems(OutOfArea, usecases.WrongRun))
async def ask_run(
    wish: contracts.RunIn, session: Session, actor: Runner, now: Now, response: Response
) -> contracts.Run:
    """Ask for a run; it is computed in the background, see `status`, `stage` and `done`."""
    row = await usecases.ask(session, wish, by=actor, now=now)
    response.headers["Location"] = f"allocation-runs/{row.id}"
    return _answer(response, row)


@router.get("/{run_id}", responses=problems(NotFound, OutOfArea))
async def read_run(
    session: Session, actor: Reader, response: Response, run_id: UUID
) -> contracts.Run:
    """One run: how far it is, and what came of it."""
    return _answer(response, await _own(session, actor, run_id))


@router.get(
    "/{run_id}/progress",
    response_class=EventStream,
    responses=problems(NotFound, OutOfArea),
)
async def follow_run(
    request: Request, session: Session, actor: Reader, run_id: UUID
) -> EventStream:
    """进度事件流 / Progress as server-sent events, each a `RunProgress`, until the run ends."""
    row = await _own(session, actor, run_id)
    told = progress.told(request.state.sessions, row.id)
    return EventStream(told, headers={"Cache-Control": "no-store"})


@router.get("/{run_id}/choices", responses=problems(NotFound, OutOfArea, BadPageToken))
async def list_choices(
    session: Session,
    actor: Reader,
    run_id: UUID,
    unserved: Annotated[bool | None, Query(description="只看未服务 / only who is unserved")] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[contracts.Choice]:
    """What the run decided, need by need: where to, or why nowhere."""
    await _own(session, actor, run_id)
    (last,) = key_of(after, UUID) or (None,)
    rows = await results.choices(session, run_id, after=last, limit=limit, unserved=unserved)
    items = [contracts.Choice.model_validate(row) for row in rows]
    return Page[contracts.Choice](**page(items, limit, lambda each: (each.need_id,)))


@router.get("/{run_id}/prices", responses=problems(NotFound, OutOfArea, BadPageToken))
async def list_prices(
    session: Session, actor: Reader, run_id: UUID, after: After = None, limit: Limit = 100
) -> Page[contracts.Price]:
    """稀缺价格：何处多一个名额最有用 / Where one more place would help most, the highest first."""
    run = await _own(session, actor, run_id)
    at = key_of(after, float, UUID)
    rows = await results.prices(session, run_id, after=at and (at[0], at[1]), limit=limit)
    most = run.policy["reach_minutes"]
    items = [
        contracts.Price(
            offering_id=row.offering_id, minutes=row.minutes, serves_one_more=row.minutes >= most
        )
        for row in rows
    ]
    return Page[contracts.Price](
        **page(items, limit, lambda each: (repr(each.minutes), each.offering_id))
    )


@router.get("/{run_id}/check", responses=problems(NotFound))
async def check_run(session: Session, _: Checker, run_id: UUID) -> contracts.Check:
    """Whether the certificate proves the run optimal: recomputed without a solver."""
    content = await results.file(session, run_id)
    return await asyncio.to_thread(_checked, content)


@router.get(
    "/{run_id}/certificate", responses=problems(NotFound, OutOfArea), response_class=Response
)
async def download_certificate(session: Session, actor: Checker, run_id: UUID) -> Response:
    """统筹分配的输入与证书（NumPy 归档）/ Inputs, prices, assignment and contested sets.

    It names no person and no home, yet tells how far each need is from what is offered: an office
    reads what was decided in its own area, an auditor everything, and each reading is written down.
    """
    row = await queries.run(session, run_id)
    if Role.AUDITOR not in actor.roles:
        actor.must_cover(row.area)
    target = (usecases.KIND, run_id)
    audit.note_read(session, actor, action="allocation.download", target=target, area=row.area)
    content = await results.file(session, run_id)
    headers = {"Content-Disposition": f'attachment; filename="allocation-{run_id}.npz"'}
    return Response(content, 200, headers, media_type="application/octet-stream")


@router.get("/{run_id}/comparison", responses=problems(NotFound, OutOfArea))
async def compare_runs(
    session: Session,
    actor: Reader,
    run_id: UUID,
    other: Annotated[UUID, Query(description="另一次运行 / the other run")],
) -> contracts.Comparison:
    """What another run over the same needs decides otherwise, street by street."""
    first, second = await _own(session, actor, run_id), await _own(session, actor, other)
    rows = await queries.difference(session, run_id, other)
    return contracts.Comparison(
        first_id=first.id,
        second_id=second.id,
        served_by_tier=[first.served or [], second.served or []],
        gained=sum(row.gained for row in rows),
        lost=sum(row.lost for row in rows),
        moved=sum(row.moved for row in rows),
        streets={row.street: row.second - row.first for row in rows if row.second != row.first},
        tiers=await replays.by_tier(session, run_id, other),
        groups=await replays.by_group(session, run_id, other),
    )


@router.post("/{run_id}/cancellation", responses=_STEP)
async def cancel_run(
    run_id: UUID,
    session: Session,
    actor: Runner,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Run:
    """Stop a run, or throw its draft away; places are given back."""
    row = await usecases.cancel(session, run_id, version=version, by=actor, now=now)
    return _answer(response, row)


@router.post("/{run_id}/commit", responses=_COMMIT)
async def commit_run(
    run_id: UUID,
    session: Session,
    actor: Committer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Run:
    """Make referrals of the draft, all in one step; what does not hold any more lapses."""
    row = await committing.commit(session, run_id, version=version, by=actor, now=now)
    return _answer(response, row)


async def _own(session: Session, actor: Actor, run_id: UUID) -> tables.AllocationRun:
    row = await queries.run(session, run_id)
    actor.must_cover(row.area)
    return row


def _answer(response: Response, row: tables.AllocationRun) -> contracts.Run:
    tag(response, row.version)
    return _shown(row)


def _shown(row: tables.AllocationRun) -> contracts.Run:
    unserved = row.unserved
    return contracts.Run(
        id=row.id,
        area=row.area,
        session_on=row.session_on,
        replay_from_on=row.replay_from_on,
        seed=row.seed,
        dry_run=row.is_dry,
        policy=contracts.Policy.model_validate({**_BEFORE, **row.policy}),
        status=contracts.RunStatus(row.status),
        stage=contracts.RunStage(row.stage) if row.stage else None,
        done=row.done,
        needs=row.needs,
        places=row.places,
        served_by_tier=row.served,
        unserved=None
        if unserved is None
        else [
            contracts.ReasonCount(reason=UnmetReason(reason), needs=count)
            for reason, count in sorted(unserved.items())
        ],
        lapsed=row.lapsed,
        lapsed_by=None
        if row.lapsed_by is None
        else [
            contracts.LapseCount(lapse=contracts.Lapse(lapse), needs=count)
            for lapse, count in sorted(row.lapsed_by.items())
        ],
        objective=row.objective,
        inputs_sm3=row.inputs_sm3,
        certificate_sm3=row.certificate_sm3,
        fault=row.fault,
        asked_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        committed_at=row.committed_at,
        version=row.version,
    )


def _checked(content: bytes) -> contracts.Check:
    proof: Proof = opened(content)
    fault = check(proof.problem, proof.certificate)
    return contracts.Check(
        holds=fault is None,
        fault=None if fault is None else fault.kind.value,
        row=None if fault is None else fault.row,
        inputs_sm3=proof.problem.digest().hex(),
        certificate_sm3=proof.certificate.digest().hex(),
    )

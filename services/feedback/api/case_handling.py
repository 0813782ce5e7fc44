"""What becomes of a case over HTTP: handled, approved, sent back, merged, judged, handed over."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea, OutOfLine
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_cases as contracts
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.domain import boundaries, clocks, duplicates, routing
from feedback.domain import cases as rules
from feedback.usecases import approving, handling, merging, placing

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["cases"], route_class=TransactionRoute)

Handler = Annotated[Actor, needs(Permission.COMPLAINT_HANDLE)]
Judge = Annotated[Actor, needs(Permission.COMPLAINT_CONFIRM)]
Approver = Annotated[Actor, needs(Permission.COMPLAINT_EXTEND)]
Merger = Annotated[Actor, needs(Permission.COMPLAINT_MERGE)]
_EDITING: Final = (NotFound, OutOfArea, OutOfLine, PreconditionFailed, PreconditionRequired)
_MOVING: Final = (*_EDITING, rules.CaseCannotMove, NoRule, RuleNotSet)
_TIMING: Final = (clocks.TooLateToExtend, clocks.HotlineSetsTheClock)
_EXTENDING: Final = (*_TIMING, clocks.ExtendedAlready, clocks.NothingToExtend)


@router.post("/status", responses=problems(*_MOVING, rules.WrongCase, rules.EndedUnheard))
async def handle_case(
    case_id: UUID,
    done: contracts.CaseMove,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """As the responsible body: contacted, in progress, answered, fixed. Residents confirm."""
    row = await handling.handle(
        session, case_id, done, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post(
    "/verdict",
    responses=problems(*_MOVING, rules.WrongCase, duplicates.OthersWait, duplicates.NotAnsweredYet),
)
async def judge_case(
    case_id: UUID,
    verdict: contracts.CaseVerdict,
    session: Session,
    actor: Judge,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """As the resident: confirmed, reopened with a reason, or withdrawn.

    已并入的工单在所并入工单答复后评判：认可记于本工单，不认可则本工单恢复单独办理。Of a case
    that was merged, once the other is answered: reopened, it goes on as a case of its own.
    """
    row = await handling.judge(
        session, case_id, verdict, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post(
    "/call-back",
    responses=problems(
        *_MOVING,
        *(rules.WrongCase, rules.NotByTheBody, rules.ConfirmedByItself),
        duplicates.NotAnsweredYet,
    ),
)
async def call_back(
    case_id: UUID,
    said: contracts.CallBack,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """回访 / What the resident said on the telephone, written down by staff who did not answer.

    由属地、条线中本轮未答复的工作人员办理，责任单位不得自行回访。Never by the body itself, nor by
    anybody who answered since the case was reopened last.
    """
    row = await handling.call_back(
        session, case_id, said, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post(
    "/hand-over", responses=problems(*_MOVING, rules.NotByTheBody, rules.HandOverNeedsOffice)
)
async def hand_over(
    case_id: UUID,
    wish: contracts.HandOverIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """移交 / Petitions, discipline, reconsideration, courts: handed over, not processed.

    工作人员移交所识别的渠道，其余由街镇负责人或区、市级决定；责任单位不得自行移交。Staff hand over
    to the channel that was recognised; all else an office decides, and the body nothing.
    """
    row = await handling.hand_over(
        session, case_id, wish, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/hand-over/take-back", responses=problems(*_MOVING, rules.NotHandedOver))
async def take_back(
    case_id: UUID,
    approval: contracts.Approval,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """收回移交 / Process here after all what was handed over; the resident reopens it likewise."""
    row = await approving.take_back(
        session, case_id, approval, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post(
    "/boundary/dismissal",
    responses=problems(*_EDITING, rules.NotByTheBody, boundaries.NoBoundaryWaits),
)
async def dismiss_boundary(
    case_id: UUID,
    why: contracts.Approval,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """认定不属移交事项 / Decide that a case is none of what was recognised; its body gets it now.

    认定之前，责任单位看不到工单，也不能办理；理由告知居民。Until then no body reads or handles it;
    the resident is told the reason. Never by the body itself.
    """
    row = await handling.dismiss_boundary(
        session, case_id, why, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.put("/public-words", responses=problems(*_EDITING))
async def publish_words(
    case_id: UUID,
    wish: contracts.PublicWords,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """What the public may read of a case, in words that name nobody; null takes it back."""
    row = await handling.publish(
        session, case_id, wish, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/extension", responses=problems(*_MOVING, *_EXTENDING))
async def extend_case(
    case_id: UUID,
    approval: contracts.Approval,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """Approve the longer time for a complex case, before its deadline.

    按复杂事项时限与通常时限之差顺延，中止或重开后亦同。By so many days as the longer term
    exceeds the ordinary one, after a pause or a reopening likewise.
    """
    row = await approving.extend(
        session, case_id, approval, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/pause", responses=problems(*_MOVING, *_TIMING, clocks.PauseNotForThat))
async def pause_case(
    case_id: UUID,
    wish: contracts.PauseIn,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """Approve that the clock stands still; it goes on when the work does (`in_progress`)."""
    row = await approving.pause(
        session, case_id, wish, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/send-back", responses=problems(*_MOVING, routing.SendBackNotAllowed))
async def ask_send_back(
    case_id: UUID,
    wish: contracts.SendBackIn,
    session: Session,
    actor: Handler,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """Say that another body has to answer; this one does until that is approved.

    自被指定起一个工作日内、每件一次，驳回的也计。Within a day of being named, once a case;
    a refused request counts.
    """
    row = await handling.to_handle(session, case_id, version, actor)
    await approving.ask_send_back(session, row, wish, keys=keys, by=actor, now=now)
    return _answer(response, row)


@router.post("/send-back/refusal", responses=problems(*_EDITING, routing.NothingAsked))
async def refuse_send_back(
    case_id: UUID,
    approval: contracts.Approval,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """The first receiver goes on."""
    row = await approving.refuse_send_back(
        session, case_id, approval, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/body", responses=problems(*_MOVING, boundaries.BoundaryUndecided))
async def name_body(
    case_id: UUID,
    wish: contracts.RouteIn,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """Name the body that answers from now on; approves a send-back. The deadline stays."""
    row = await approving.name_body(
        session, case_id, wish, version=version, keys=keys, by=actor, now=now
    )
    return _answer(response, row)


@router.post("/placement", responses=problems(*_MOVING, rules.CasePlaced, rules.WrongCase))
async def place_case(
    case_id: UUID,
    wish: contracts.PlacementIn,
    session: Session,
    actor: Approver,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """补充事发地 / Say where a case happened that came with an address nobody could place.

    由区、市受理台办理，随即按事发地分派；期限不变。By a desk of the district or city; it is routed
    there, and the deadline stays.
    """
    row = await placing.place(session, case_id, wish, version=version, keys=keys, by=actor, now=now)
    return _answer(response, row)


@router.get("/duplicates", responses=problems(NotFound, NoRule, RuleNotSet))
async def list_duplicates(
    case_id: UUID, session: Session, actor: Merger, keys: KeyRing, now: Now
) -> list[contracts.Likeness]:
    """Cases that may be the same, with reasons; nothing is merged by itself."""
    return await merging.of_case(session, case_id, keys=keys, by=actor, now=now)


@router.post(
    "/merge",
    responses=problems(*_MOVING, duplicates.MergeKeepsTheFirst, duplicates.NotMergeable),
)
async def merge_case(
    case_id: UUID,
    wish: contracts.MergeIn,
    session: Session,
    actor: Merger,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.ListedCase:
    """Decide that a case is the same as an earlier one, which goes on for both.

    只能并入尚未答复的工单；其答复告知所有并入者。Only into one that waits for its answer, which all
    are told who were merged.
    """
    row = await merging.merge(session, case_id, wish, version=version, keys=keys, by=actor, now=now)
    return _answer(response, row)


def _answer(response: Response, row: tables.Case) -> contracts.ListedCase:
    tag(response, row.version)
    return contracts.ListedCase.model_validate(row)

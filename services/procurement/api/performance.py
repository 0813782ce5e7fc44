"""A contract under way over HTTP: milestones with users' opinions, payments against them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_performance as contracts
from common.contracts.written import IN_DIGITS
from common.edge import IfMatch, Now, Session
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import tables
from procurement.domain import performance as rules
from procurement.domain.contracts import ContractCannotMove
from procurement.domain.ledger import MoreThanHeld
from procurement.queries import contracts as contract_queries
from procurement.queries import performance as queries
from procurement.usecases import milestones, payments

router = APIRouter(prefix="/v1", tags=["performance"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CONTRACT_READ)]
Reporter = Annotated[Actor, needs(Permission.MILESTONE_REPORT)]
Accepter = Annotated[Actor, needs(Permission.MILESTONE_ACCEPT)]
Payer = Annotated[Actor, needs(Permission.PAYMENT_WRITE)]
Approver = Annotated[Actor, needs(Permission.PAYMENT_APPROVE)]
Watcher = Annotated[Actor, needs(Permission.PAYMENT_READ)]
Number = Annotated[
    int, Path(ge=1, le=1000, description="里程碑序号 / number of the milestone"), IN_DIGITS
]
_STEP = (NotFound, OutOfArea, ContractCannotMove, rules.MilestoneNotReady)
_EDIT = (PreconditionFailed, PreconditionRequired)


@router.get("/contracts/{contract_id}/milestones", responses=problems(NotFound))
async def list_milestones(
    session: Session, actor: Reader, contract_id: UUID
) -> list[contracts.Milestone]:
    """里程碑与验收，含服务对象意见 / Milestones and acceptances with the users' opinions."""
    table = tables.Milestone
    rows = await queries.of_contract(session, actor, contract_id, table, table.number)
    return [queries.shown(row) for row in rows]


@router.post(
    "/contracts/{contract_id}/milestones/{number}/report",
    responses=problems(*_STEP, *_EDIT, NotYourOrganisation),
)
async def report_milestone(
    contract_id: UUID,
    number: Number,
    said: contracts.ReportIn,
    session: Session,
    actor: Reporter,
    now: Now,
    version: IfMatch,
) -> contracts.Milestone:
    """承接者报告完成情况 / Say as the provider what was done."""
    row = await milestones.report(
        session, contract_id, number, said, version=version, by=actor, now=now
    )
    return queries.shown(row)


@router.post(
    "/contracts/{contract_id}/milestones/{number}/acceptance",
    responses=problems(
        *(*_STEP, *_EDIT, NoRule, RuleNotSet), *(rules.NoOpinions, rules.WrongAcceptance)
    ),
)
async def accept_milestone(
    contract_id: UUID,
    number: Number,
    said: contracts.AcceptanceIn,
    session: Session,
    actor: Accepter,
    now: Now,
    version: IfMatch,
) -> contracts.Milestone:
    """验收，须有服务对象意见，结果公布 / Accept with the users' opinions; published."""
    row = await milestones.accept(
        session, contract_id, number, said, version=version, by=actor, now=now
    )
    return queries.shown(row)


@router.get("/contracts/{contract_id}/payments", responses=problems(NotFound, OutOfArea))
async def list_payments(
    session: Session, actor: Watcher, contract_id: UUID
) -> list[contracts.Payment]:
    """合同的付款，供双方查看 / Payments of a contract, for its two sides."""
    contract = await contract_queries.found(session, actor, contract_id)
    actor.must_reach(contract.area_code, contract.provider_id)
    table = tables.Payment
    rows = await queries.of_contract(session, actor, contract_id, table, table.id)
    return [contracts.Payment.model_validate(row) for row in rows]


@router.post(
    "/contracts/{contract_id}/payments",
    status_code=201,
    responses=problems(*_STEP, rules.PaymentBeyondContract),
)
async def request_payment(
    contract_id: UUID,
    wanted: contracts.PaymentIn,
    session: Session,
    actor: Payer,
    now: Now,
    response: Response,
) -> contracts.Payment:
    """按已验收的里程碑申请付款 / Request a payment for an accepted milestone."""
    row = await payments.request(session, contract_id, wanted, by=actor, now=now)
    response.headers["Location"] = f"payments/{row.id}"
    return contracts.Payment.model_validate(row)


@router.post(
    "/contracts/{contract_id}/payments/{payment_id}/decision",
    responses=problems(
        *(*_STEP, *_EDIT, rules.PaymentBeyondContract, rules.OwnRequest), MoreThanHeld
    ),
)
async def decide_payment(
    contract_id: UUID,
    payment_id: UUID,
    said: contracts.PaymentDecisionIn,
    session: Session,
    actor: Approver,
    now: Now,
    version: IfMatch,
) -> contracts.Payment:
    """批准或退回付款，不得由申请人批准 / Pay or refuse; never by who requested it."""
    row = await payments.decide(
        session, contract_id, payment_id, said, version=version, by=actor, now=now
    )
    return contracts.Payment.model_validate(row)

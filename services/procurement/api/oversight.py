"""What is written down about a contract over HTTP: assistance, visits, performance failures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_performance as contracts
from common.edge import Now, Session
from common.errors import Conflict, NotFound, problems
from common.route import TransactionRoute
from procurement import tables
from procurement.domain import performance as rules
from procurement.domain.contracts import ContractCannotMove
from procurement.queries import performance as queries
from procurement.usecases import oversight

router = APIRouter(prefix="/v1", tags=["performance"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CONTRACT_READ)]
Writer = Annotated[Actor, needs(Permission.CONTRACT_WRITE)]
Reporter = Annotated[Actor, needs(Permission.MILESTONE_REPORT)]
_STEP = (NotFound, OutOfArea, ContractCannotMove)


@router.get("/contracts/{contract_id}/assistance", responses=problems(NotFound))
async def list_assistance(
    session: Session, actor: Reader, contract_id: UUID
) -> list[contracts.Assistance]:
    """行政协助台账 / Administrative assistance that was asked of the provider."""
    table = tables.Assistance
    rows = await queries.of_contract(session, actor, contract_id, table, table.id)
    return [contracts.Assistance.model_validate(row) for row in rows]


@router.post(
    "/contracts/{contract_id}/assistance",
    status_code=201,
    responses=problems(*_STEP, NotYourOrganisation),
)
async def log_assistance(
    contract_id: UUID,
    said: contracts.AssistanceIn,
    session: Session,
    actor: Reporter,
    now: Now,
) -> contracts.Assistance:
    """承接者登记行政协助，超额可拒绝或计价 / Log assistance; the excess is refused or priced."""
    row = await oversight.log_assistance(session, contract_id, said, by=actor, now=now)
    return contracts.Assistance.model_validate(row)


@router.get("/contracts/{contract_id}/evaluations", responses=problems(NotFound))
async def list_evaluations(
    session: Session, actor: Reader, contract_id: UUID
) -> list[contracts.Evaluation]:
    """对合同的评估及所属现场 / Evaluations of a contract, with the visits they share."""
    return list(await queries.evaluations(session, actor, contract_id))


@router.post(
    "/contracts/{contract_id}/evaluations",
    status_code=201,
    responses=problems(*_STEP, rules.VisitsUsedUp, rules.WrongEvaluation, Conflict),
)
async def log_evaluation(
    contract_id: UUID,
    said: contracts.EvaluationIn,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Evaluation:
    """登记评估；每年现场有上限，可合并 / Log an evaluation; visits a year are limited."""
    row, number = await oversight.log_evaluation(session, contract_id, said, by=actor, now=now)
    return queries.evaluated(row, number)


@router.get("/contracts/{contract_id}/failures", responses=problems(NotFound))
async def list_failures(
    session: Session, actor: Reader, contract_id: UUID
) -> list[contracts.Failure]:
    """履约失当记录 / Performance failures of a contract."""
    table = tables.Failure
    rows = await queries.of_contract(session, actor, contract_id, table, table.id)
    return [contracts.Failure.model_validate(row) for row in rows]


@router.post(
    "/contracts/{contract_id}/failures",
    status_code=201,
    responses=problems(*_STEP, rules.WrongFailure),
)
async def find_failure(
    contract_id: UUID,
    said: contracts.FailureIn,
    session: Session,
    actor: Writer,
    now: Now,
) -> contracts.Failure:
    """登记履约失当，答复期满后计入评级 / Record a failure; it counts after the reply period."""
    row = await oversight.find_failure(session, contract_id, said, by=actor, now=now)
    return contracts.Failure.model_validate(row)

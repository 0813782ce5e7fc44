"""Contracts that change or end over HTTP: supplements, changes, renewal, discontinuation, end."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_performance as contracts
from common.contracts.procurement_contracts import ContractCase
from common.contracts.procurement_endings import DiscontinuationIn, TerminationIn
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import tables
from procurement.api.contracts import PARTS
from procurement.domain import endings as ending_rules
from procurement.domain import performance as rules
from procurement.domain.contracts import (
    AwardHasContract,
    ContractCannotMove,
    TermTooLong,
    WrongContract,
)
from procurement.domain.ledger import BudgetExceeded, WrongFunding
from procurement.queries import contracts as contract_queries
from procurement.queries import performance as queries
from procurement.usecases import changes, endings

router = APIRouter(prefix="/v1", tags=["contracts"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.CONTRACT_READ)]
Writer = Annotated[Actor, needs(Permission.CONTRACT_WRITE)]
_STEP = (
    *(NotFound, OutOfArea, ContractCannotMove),
    *(PreconditionFailed, PreconditionRequired, NoRule, RuleNotSet),
)


@router.get("/contracts/{contract_id}/changes", responses=problems(NotFound))
async def list_changes(
    session: Session, actor: Reader, contract_id: UUID
) -> list[contracts.Change]:
    """合同的变更与补充 / Changes and supplements of a contract, in order."""
    table = tables.ContractChange
    rows = await queries.of_contract(session, actor, contract_id, table, table.number)
    return [contracts.Change.model_validate(row) for row in rows]


@router.post(
    "/contracts/{contract_id}/supplements",
    status_code=201,
    responses=problems(
        *_STEP, rules.SupplementTooLarge, WrongContract, BudgetExceeded, WrongFunding
    ),
)
async def supplement_contract(
    contract_id: UUID,
    wanted: contracts.SupplementIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
) -> contracts.Change:
    """补充合同，累计不超过法定比例 / Add on the same terms, within the legal share."""
    row = await changes.supplement(session, contract_id, wanted, version=version, by=actor, now=now)
    return contracts.Change.model_validate(row)


@router.post(
    "/contracts/{contract_id}/changes",
    status_code=201,
    responses=problems(*_STEP, TermTooLong, WrongContract),
)
async def change_contract(
    contract_id: UUID,
    wanted: contracts.ChangeIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
) -> contracts.Change:
    """变更合同，原因取自代码表，不增加金额 / Change what costs nothing more, for a coded reason."""
    row = await changes.change(session, contract_id, wanted, version=version, by=actor, now=now)
    return contracts.Change.model_validate(row)


@router.post(
    "/contracts/{contract_id}/renewal",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, ContractCannotMove, changes.NotRenewable, AwardHasContract), *PARTS
    ),
)
async def renew_contract(
    contract_id: UUID,
    wanted: contracts.RenewalIn,
    session: Session,
    actor: Writer,
    now: Now,
    response: Response,
) -> ContractCase:
    """续签：在约定的最晚日期之内另立合同 / Draw up the next term, within the latest end agreed."""
    row = await changes.renew(session, contract_id, wanted, by=actor, now=now)
    response.headers["Location"] = f"../contracts/{row.id}"
    return await _answer(session, response, row)


@router.post(
    "/contracts/{contract_id}/discontinuation",
    responses=problems(
        *(*_STEP, ending_rules.NoticeTooShort, ending_rules.UsersLeftAlone),
        ending_rules.WrongEnding,
    ),
)
async def discontinue_contract(
    contract_id: UUID,
    said: DiscontinuationIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> ContractCase:
    """停止服务：说明原因、提前告知、移交服务对象 / Tell users that it stops, and who goes on."""
    row = await endings.discontinue(session, contract_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


@router.post(
    "/contracts/{contract_id}/termination",
    responses=problems(
        *(*_STEP, ending_rules.NotCompleted, ending_rules.NoticeTooShort),
        ending_rules.WrongEnding,
    ),
)
async def terminate_contract(
    contract_id: UUID,
    said: TerminationIn,
    session: Session,
    actor: Writer,
    now: Now,
    version: IfMatch,
    response: Response,
) -> ContractCase:
    """终止合同，未付承诺退回预算科目 / End a contract; what it does not pay goes back."""
    row = await endings.terminate(session, contract_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row)


async def _answer(session: Session, response: Response, row: tables.Contract) -> ContractCase:
    tag(response, row.version)
    return await contract_queries.shown(session, row)

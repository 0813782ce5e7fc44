"""Purchases conducted on the designated platform, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_elsewhere as contracts
from common.edge import IfMatch, Now, Session
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet, RulesDisagree
from procurement.domain import tenders as rules
from procurement.domain.opening import TooFewSuppliers
from procurement.queries import tenders as queries
from procurement.usecases import elsewhere as usecases

router = APIRouter(prefix="/v1/tenders/{tender_id}", tags=["tenders"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.TENDER_READ)]
Publisher = Annotated[Actor, needs(Permission.TENDER_PUBLISH)]


@router.post(
    "/platform-record",
    status_code=201,
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired, rules.WrongTender),
        *(rules.TenderCannotMove, rules.TenderSuspended, rules.MethodNotAllowed),
        *(usecases.ConductedHere, TooFewSuppliers, NoRule, RuleNotSet, RulesDisagree),
    ),
)
async def take_over(
    tender_id: UUID,
    record: contracts.PlatformRecordIn,
    session: Session,
    actor: Publisher,
    now: Now,
    version: IfMatch,
) -> contracts.PlatformRecord:
    """导入法定平台的文件、日期与结果，核对时限 / Take over from the platform, clocks checked."""
    row = await usecases.take_over(session, tender_id, record, version=version, by=actor, now=now)
    return contracts.PlatformRecord.model_validate(row)


@router.get("/platform-record", responses=problems(NotFound))
async def read_record(tender_id: UUID, session: Session, actor: Reader) -> contracts.PlatformRecord:
    """法定平台导入记录 / What was taken over."""
    row = await queries.platform_record(session, actor, tender_id)
    return contracts.PlatformRecord.model_validate(row)

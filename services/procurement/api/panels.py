"""Experts, panels, sheets and reports over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import procurement_panels as contracts
from common.contracts.base import Page
from common.edge import Cipher, IfMatch, Now, Session
from common.errors import (
    Conflict,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Text,
    problems,
)
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from procurement.api.parameters import AllKeys
from procurement.domain import opening as opening_rules
from procurement.domain import panels as rules
from procurement.domain import tenders as tender_rules
from procurement.queries import panels as queries
from procurement.usecases import drawing, evaluation, reading
from procurement.usecases import panels as usecases
from procurement.usecases.checks import LowPriceOpen

router = APIRouter(prefix="/v1", tags=["panels"], route_class=TransactionRoute)

ExpertReader = Annotated[Actor, needs(Permission.EXPERT_READ)]
ExpertWriter = Annotated[Actor, needs(Permission.EXPERT_WRITE)]
PanelReader = Annotated[Actor, needs(Permission.PANEL_READ)]
Drawer = Annotated[Actor, needs(Permission.PANEL_DRAW)]
Recuser = Annotated[Actor, needs(Permission.PANEL_RECUSE)]
Member = Annotated[Actor, needs(Permission.EVALUATION_WRITE)]
ReportReader = Annotated[Actor, needs(Permission.EVALUATION_READ)]
Comparer = Annotated[Actor, needs(Permission.BID_OPEN)]
_MEMBER = (NotFound, usecases.NotOnThePanel, rules.NotTheBuyers, rules.PartialMember)
_STANDING = (NotFound, OutOfArea, tender_rules.TenderCannotMove, tender_rules.TenderSuspended)


class AccountTaken(Conflict):
    """The account belongs to an expert of the pool already."""

    slug = "expert-account-taken"
    title = Text("账号已在专家库", "The account is taken")
    detail = Text(
        "该账号已登记为专家，不能重复登记。", "This account belongs to an expert already."
    )


@router.get("/experts", responses=problems(BadPageToken))
async def list_experts(
    session: Session,
    actor: ExpertReader,
    cipher: Cipher,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Expert]:
    """专家库，姓名脱敏 / The pool of experts, names masked."""
    rows = await queries.experts(session, actor, after=id_after(after), limit=limit)
    ties = await queries.relations(session, [row.id for row in rows])
    found = page(rows, limit, lambda row: (row.id,))
    items = [queries.shown_expert(row, ties[row.id], cipher) for row in found["items"]]
    return Page[contracts.Expert](items=items, next=found["next"])


@router.post("/experts", status_code=201, responses=problems(OutOfArea, AccountTaken))
async def enrol_expert(
    wish: contracts.ExpertIn,
    session: Session,
    actor: ExpertWriter,
    now: Now,
    keys: AllKeys,
) -> contracts.Expert:
    """专家入库，含利害关系申报 / Take an expert into the pool, with declared relations."""
    row = await usecases.enrol(session, wish, keys, by=actor, now=now)
    ties = await queries.relations(session, [row.id])
    return queries.shown_expert(row, ties[row.id], keys.fields)


@router.post(
    "/experts/{expert_id}/departure",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
        usecases.ExpertDeparted,
    ),
)
async def depart_expert(
    expert_id: UUID,
    said: contracts.DepartureIn,
    session: Session,
    actor: ExpertWriter,
    now: Now,
    cipher: Cipher,
    version: IfMatch,
) -> contracts.Departure:
    """专家退出专家库，告知仍须履行的席位 / An expert leaves the pool; standing seats are told."""
    row = await usecases.depart(session, expert_id, said, version=version, by=actor, now=now)
    ties = await queries.relations(session, [row.id])
    shown = queries.shown_expert(row, ties[row.id], cipher)
    return contracts.Departure(expert=shown, duties=list(await queries.duties(session, row.id)))


@router.post(
    "/experts/{expert_id}/return",
    responses=problems(
        *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired), usecases.ExpertInPool
    ),
)
async def return_expert(
    expert_id: UUID,
    said: contracts.ReturnIn,
    session: Session,
    actor: ExpertWriter,
    now: Now,
    cipher: Cipher,
    version: IfMatch,
) -> contracts.Expert:
    """已退出的专家回到专家库 / An expert who has left comes back to the pool."""
    row = await usecases.come_back(session, expert_id, said, version=version, by=actor, now=now)
    ties = await queries.relations(session, [row.id])
    return queries.shown_expert(row, ties[row.id], cipher)


@router.post(
    "/tenders/{tender_id}/panel",
    status_code=201,
    responses=problems(
        *(*_STANDING, drawing.PanelDrawn, rules.PanelWrongSize, rules.PoolTooSmall),
        rules.WrongRepresentative,
    ),
)
async def draw_panel(
    tender_id: UUID,
    wish: contracts.DrawIn,
    session: Session,
    actor: Drawer,
    now: Now,
    keys: AllKeys,
) -> contracts.Panel:
    """随机抽取评审小组，可复算 / Draw the panel at random; anybody can draw it again."""
    row = await drawing.draw(session, tender_id, wish, keys, by=actor, now=now)
    return await queries.shown_panel(session, row)


@router.post(
    "/tenders/{tender_id}/panel/supplement",
    status_code=201,
    responses=problems(*_STANDING, drawing.NoSeatEmpty, rules.PoolTooSmall),
)
async def supplement_panel(
    tender_id: UUID, session: Session, actor: Drawer, now: Now, keys: AllKeys
) -> contracts.Panel:
    """次序用尽后补抽，能补几席补几席 / Fill as many empty seats as experts who joined can."""
    row = await drawing.supplement(session, tender_id, keys, by=actor, now=now)
    return await queries.shown_panel(session, row)


@router.get("/tenders/{tender_id}/panel", responses=problems(OutOfArea, *_MEMBER))
async def read_panel(
    tender_id: UUID, session: Session, actor: PanelReader, keys: AllKeys
) -> contracts.Panel:
    """评审小组及抽取凭据 / The panel, and what it takes to draw it again."""
    return await reading.panel(session, tender_id, keys, by=actor)


@router.post(
    "/tenders/{tender_id}/panel/recusal",
    responses=problems(NotFound, usecases.NotOnThePanel, tender_rules.TenderCannotMove),
)
async def recuse(
    tender_id: UUID,
    said: contracts.RecusalIn,
    session: Session,
    actor: Recuser,
    now: Now,
    keys: AllKeys,
) -> contracts.Panel:
    """专家申请回避，由下一位递补 / Declare a conflict; the next in the order takes a seat."""
    row = await usecases.recuse(session, tender_id, said, keys, by=actor, now=now)
    return await queries.shown_panel(session, row)


@router.post(
    "/tenders/{tender_id}/panel/absence",
    responses=problems(
        *(NotFound, OutOfArea, rules.BuyerChoosesNoPanel),
        *(usecases.SeatNotOpen, tender_rules.TenderCannotMove),
    ),
)
async def excuse(
    tender_id: UUID,
    said: contracts.AbsenceIn,
    session: Session,
    actor: ExpertWriter,
    now: Now,
    keys: AllKeys,
) -> contracts.Panel:
    """成员缺席，由上级认定、下一位递补 / A member does not come; the next takes a seat."""
    row = await usecases.excuse(session, tender_id, said, keys, by=actor, now=now)
    return await queries.shown_panel(session, row)


@router.post(
    "/tenders/{tender_id}/sheets",
    status_code=201,
    responses=problems(
        *(*_MEMBER, drawing.PanelDrawn, usecases.SheetIncomplete),
        *(usecases.ChecksOpen, tender_rules.TenderCannotMove, tender_rules.TenderSuspended),
    ),
)
async def submit_sheet(
    tender_id: UUID,
    sheet: contracts.SheetIn,
    session: Session,
    actor: Member,
    now: Now,
    keys: AllKeys,
) -> contracts.Scored:
    """提交评分表：填量化指标值，得分按分档得出 / Hand in a sheet: measures; points follow."""
    seat = await usecases.score(session, tender_id, sheet, keys, by=actor, now=now)
    return contracts.Scored(place=seat.place, lines=len(sheet.lines), submitted_at=seat.changed_at)


@router.post(
    "/tenders/{tender_id}/report",
    status_code=201,
    responses=problems(
        *(*_MEMBER, usecases.ChecksOpen, evaluation.PanelIncomplete),
        *(LowPriceOpen, opening_rules.TooFewSuppliers),
        *(tender_rules.TenderCannotMove, tender_rules.TenderSuspended),
    ),
)
async def make_report(
    tender_id: UUID, session: Session, actor: Member, now: Now, keys: AllKeys
) -> contracts.Report | None:
    """出具评审报告；合格供应商不足则废标，答 null / Rank what stands; null: too few, it failed."""
    row = await evaluation.report(session, tender_id, keys, by=actor, now=now)
    if row.report_at is None:
        return None
    return await evaluation.reported(session, actor, tender_id)


@router.post(
    "/tenders/{tender_id}/comparison",
    status_code=201,
    responses=problems(
        *(*_STANDING, PreconditionFailed, PreconditionRequired, usecases.ChecksOpen),
        opening_rules.TooFewSuppliers,
    ),
)
async def compare_prices(
    tender_id: UUID, session: Session, actor: Comparer, now: Now, version: IfMatch
) -> contracts.Report:
    """二次竞价按报价排序 / Rank a mini-competition by price."""
    await evaluation.compare(session, tender_id, version=version, by=actor, now=now)
    return await evaluation.reported(session, actor, tender_id)


@router.get("/tenders/{tender_id}/report", responses=problems(OutOfArea, *_MEMBER))
async def read_report(
    tender_id: UUID, session: Session, actor: ReportReader, keys: AllKeys
) -> contracts.Report:
    """评审报告 / The evaluation report."""
    return await reading.report(session, tender_id, keys, by=actor)

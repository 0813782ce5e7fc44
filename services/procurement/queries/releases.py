"""The public facts of a process, and its releases. Run at the commit of a step, hence not async."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Select, Table, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from common.contracts.feeds import Kind
from common.contracts.procurement_performance import PaymentStatus
from common.contracts.procurement_tenders import TenderStep
from procurement import tables
from procurement.domain.ocds.values import Facts, Row

RELEASE, RECORD = tables.OcdsRelease, tables.OcdsRecord
_HANGING: Final[Mapping[str, tuple[Any, str]]] = {
    "funding": (tables.ContractFunding, "line_id"),
    "milestones": (tables.Milestone, "number"),
    "changes": (tables.ContractChange, "number"),
    "failures": (tables.Failure, "id"),
    "stations": (tables.ContractStation, "venue_id"),
}


def record_locked(session: Session, tender_id: UUID, ocid: str, now: datetime) -> Row:
    """The record of a process, locked; made empty at its first release."""
    empty: dict[str, Any] = {"number": 0, "released_at": now, "state": {}, "compiled": {}}
    values = {"tender_id": tender_id, "ocid": ocid, **empty}
    session.execute(upsert(_table(RECORD)).values(**values).on_conflict_do_nothing())
    statement = select(_table(RECORD)).where(RECORD.tender_id == tender_id).with_for_update()
    return session.execute(statement).one()._asdict()


def keep(session: Session, tender_id: UUID, release: Row, record: Row) -> None:
    """Add a release and bring the record up to it."""
    session.execute(insert(_table(RELEASE)).values(tender_id=tender_id, **release))
    session.execute(update(_table(RECORD)).where(RECORD.tender_id == tender_id).values(**record))


def published(session: Session, tender_id: UUID) -> Row | None:
    """A purchase that has been told of at all: its intention or its notice."""
    T = tables.Tender  # noqa: N806 - a table
    statement = select(_table(T)).where(T.id == tender_id, T.step != TenderStep.PLANNING)
    row = _one(session, statement)
    told = row is not None and (row["intention_at"] or row["notice_at"] or row["announced_at"])
    return row if told else None


def facts(session: Session, tender: Row) -> Facts:
    """Everything public about a purchase that has been told of."""
    tender_id = tender["id"]
    awards = _rows(session, tables.Award, tables.Award.announced_at.is_not(None), tender_id)
    contracts = _rows(
        session, tables.Contract, tables.Contract.published_at.is_not(None), tender_id
    )
    ids = [row["id"] for row in contracts]
    hanging = {
        name: _of(session, table, table.contract_id.in_(ids), order)
        for name, (table, order) in _HANGING.items()
    }
    bids = _bids(session, tender)
    item = tables.AgendaOutcome
    outcome = _one(session, select(_table(item)).where(item.id == tender["agenda_item_id"]))
    people = _organisations_of(tender, bids, awards)
    ties = _of(session, tables.Tie, tables.Tie.provider_id.in_(people - {tender["buyer_id"]}), "id")
    people |= {tie["organisation_id"] for tie in ties}
    return Facts(
        tender=tender,
        criteria=_children(session, tables.TenderCriterion, tender_id, "position"),
        documents=_children(session, tables.TenderDocument, tender_id, "id"),
        amendments=_children(session, tables.TenderAmendment, tender_id, "number"),
        bids=bids,
        awards=awards,
        contracts=contracts,
        **hanging,
        payments=_payments(session, ids),
        challenges=_children(session, tables.Challenge, tender_id, "id"),
        complaints=_children(session, tables.SupplierComplaint, tender_id, "id"),
        outcome=outcome,
        deviations=_children(session, tables.AgendaDeviation, tender_id, "field"),
        claims=_claims(session, tender_id, ids),
        ties=ties,
        organisations=_organisations(session, people),
    )


def _organisations_of(tender: Row, bids: Iterable[Row], awards: Iterable[Row]) -> set[UUID]:
    found = {tender["buyer_id"], *(award["supplier_id"] for award in awards)}
    return found | {bid["bidder_id"] for bid in bids if bid["bidder_id"] is not None}


def _bids(session: Session, tender: Row) -> Sequence[Row]:
    """The responses that were opened. A final offer is no response of its own: it sets a price."""
    bid = tables.Bid
    wanted = (bid.tender_id == tender["id"]) & (bid.stage == 1)
    return _of(session, bid, wanted & bid.opened_at.is_not(None) & (bid.outcome == "opened"), "id")


def _payments(session: Session, ids: Sequence[UUID]) -> Sequence[Row]:
    payment = tables.Payment
    paid = payment.contract_id.in_(ids) & (payment.status == PaymentStatus.PAID)
    return _of(session, payment, paid, "id")


def _claims(session: Session, tender_id: UUID, ids: Sequence[UUID]) -> Sequence[Row]:
    """The lines that pay: while reserved the purchase's, afterwards its contracts'."""
    line, claim = tables.BudgetLine, tables.BudgetClaim
    statement = (
        select(line.code, line.source)
        .join(claim, claim.line_id == line.id)
        .where(claim.holder_id.in_([tender_id, *ids]))
        .distinct()
    )
    return _all(session, statement)


def _organisations(session: Session, ids: Iterable[UUID]) -> Mapping[UUID, Row]:
    mirrored = tables.Mirrored
    state = mirrored.state
    statement = select(
        mirrored.record_id,
        state["name"].astext.label("name"),
        state["credit_code"].astext.label("credit_code"),
    ).where(mirrored.kind == Kind.ORGANISATION, mirrored.record_id.in_(list(ids)))
    return {row["record_id"]: row for row in _all(session, statement)}


def _rows(
    session: Session, table: Any, condition: ColumnElement[bool], tender_id: UUID
) -> Sequence[Row]:
    return _of(session, table, condition & (table.tender_id == tender_id), "id")


def _children(session: Session, table: Any, tender_id: UUID, order: str) -> Sequence[Row]:
    return _of(session, table, table.tender_id == tender_id, order)


def _of(session: Session, table: Any, condition: Any, order: str) -> Sequence[Row]:
    statement: Select[Any] = select(_table(table)).where(condition)
    return _all(session, statement.order_by(_table(table).c[order]))


def _all(session: Session, statement: Executable) -> Sequence[Row]:
    return [row._asdict() for row in session.execute(statement)]


def _one(session: Session, statement: Executable) -> Row | None:
    row = session.execute(statement).one_or_none()
    return None if row is None else row._asdict()


def _table(model: Any) -> Table:
    """The table of a model: releases are read as rows, past what the session remembers."""
    table: Table = model.__table__
    return table

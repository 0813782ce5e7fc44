"""Planning, tender and bids: what was wanted, decided and announced; bids after the award only."""

from datetime import datetime
from typing import Final

from common.contracts.procurement_tenders import FrameworkForm, SecondStage, TenderStep
from common.contracts.vocabulary import PurchaseMethod
from procurement.domain import tenders as rules
from procurement.domain.ocds.values import (
    Facts,
    Json,
    Row,
    compact,
    instant,
    last_of,
    money,
    reference,
)

LOT: Final = "1"  # one lot a process: the standard's home of weighted award criteria
COMPETITIVE: Final = frozenset({SecondStage.MINI_COMPETITION})


def planning(facts: Facts) -> Json:
    """What was planned: money by line, and what residents decided before."""
    lines = ", ".join(sorted(f"{row['code']}/{row['source']}" for row in facts.claims))
    return compact(
        rationale=facts.tender["description"],
        budget=compact(
            description=lines or None,
            amount=money(facts.tender["value_fen"]),
        ),
        milestones=[_engagement(facts.outcome)] if facts.outcome else [],
        deliberation=_deliberation(facts),
    )


def _engagement(outcome: Row) -> Json:
    """Residents deliberated: a milestone of engagement."""
    return compact(
        id=f"agenda-{outcome['id']}",
        title=outcome["title"],
        type="engagement",
        status="met",
        dateMet=instant(outcome["received_at"]),
    )


def _deliberation(facts: Facts) -> Json | None:
    outcome = facts.outcome
    if outcome is None:
        return None
    return compact(
        agendaID=str(outcome["agenda_id"]),
        itemID=str(outcome["id"]),
        title=outcome["title"],
        value=money(outcome["money_fen"]),
        wishedMethod=outcome["wished_method"],
        deviations=[
            compact(
                id=row["field"],
                decided=row["decided"],
                actual=row["actual"],
                reason=row["reason"],
                rule=row["rule"],
                date=instant(row["published_at"]),
            )
            for row in facts.deviations
        ],
    )


def tender(facts: Facts) -> Json:
    """The purchase as its notices tell it."""
    row = facts.tender
    is_framework = row["framework_form"] is not None and row["framework_id"] is None
    return compact(
        id=str(row["id"]),
        title=row["title"],
        description=row["description"],
        status=rules.status(TenderStep(row["step"])).value,
        procuringEntity=reference(facts, row["buyer_id"]),
        value=money(row["value_fen"]),
        procurementMethod=rules.OCDS_METHOD[PurchaseMethod(row["method"])].value,
        procurementMethodDetails=row["method"],
        mainProcurementCategory="services" if row["object"] == "service" else "goods",
        awardCriteria=_award_criteria(facts),
        submissionMethod=["electronicSubmission"],
        tenderPeriod=_period(
            row["tender_period_start_at"],
            row["first_period_end_at"] or row["tender_period_end_at"],
        ),
        enquiryPeriod=_period(row["tender_period_start_at"], row["enquiry_period_end_at"]),
        numberOfTenderers=row["tenderers"],
        documents=[_document(each) for each in facts.documents],
        amendments=[_amendment(each) for each in facts.amendments],
        items=[_item(row)],
        criteria=[_criterion(each) for each in facts.criteria if each["kind"] == "quality"],
        selectionCriteria=compact(
            criteria=[
                compact(type="suitability", description=each["name"])
                for each in facts.criteria
                if each["kind"] == "qualification"
            ]
        ),
        lots=[_lot(facts)],
        techniques=_techniques(row) if is_framework else None,
        competitive=row["second_stage"] in COMPETITIVE if row["framework_id"] else None,
        applicableRules=[_rule(each) for each in row["rules"]],
        isSuspended=row["suspended_at"] is not None if row["challenged_at"] else None,
    )


def bids(facts: Facts) -> Json:
    """Opened bids, told when the award is announced; until then nobody's price is known.

    After talks these are the first responses, at their final prices: awards rest on them.
    """
    if facts.tender["announced_at"] is None:
        return {}
    scored = {str(each["position"]) for each in facts.criteria if each["kind"] == "quality"}
    return compact(details=[_bid(facts, bid, scored) for bid in facts.bids])


def _bid(facts: Facts, bid: Row, scored: set[str]) -> Json:
    measures = (bid["content"] or {}).get("measures", {})
    return compact(
        id=str(bid["id"]),
        date=instant(bid["submitted_at"]),
        status=bid["status"],
        tenderers=[reference(facts, bid["bidder_id"])] if bid["bidder_id"] else [],
        value=money(bid["price_fen"]),
        relatedLots=[LOT],
        requirementResponses=[
            {"id": f"{bid['id']}-{at}", "value": float(value), "requirement": {"id": at}}
            for at, value in sorted(measures.items())
            if at in scored
        ],
    )


def _period(start: datetime | None, end: datetime | None) -> Json:
    return compact(startDate=instant(start), endDate=instant(end))


def _document(row: Row) -> Json:
    return compact(
        id=str(row["id"]),
        documentType={"tender_document": "biddingDocuments"}.get(row["kind"], row["kind"]),
        title=row["title"],
        url=row["address"],
        datePublished=instant(row["added_at"]),
    )


def _amendment(row: Row) -> Json:
    return compact(id=str(row["number"]), date=instant(row["made_at"]), description=row["text"])


def _item(row: Row) -> Json:
    classification = {"scheme": "LINLI-service_category", "id": row["category"]}
    return {"id": "1", "description": row["title"], "classification": classification}


def _criterion(row: Row) -> Json:
    requirement = compact(
        id=str(row["position"]), title=row["indicator"] or row["name"], dataType="number"
    )
    groups = [{"id": str(row["position"]), "requirements": [requirement]}]
    return {"id": str(row["position"]), "title": row["name"], "requirementGroups": groups}


def _award_criteria(facts: Facts) -> str | None:
    """How the winner is found, in a word of OCDS; none where nobody competes, or it is not known.

    A framework's second stage that is no competition and an open framework choose by no criteria.
    """
    row, share = facts.tender, _price_share(facts.tender)
    is_chosen = row["framework_id"] is not None and row["second_stage"] not in COMPETITIVE
    is_only = row["method"] == PurchaseMethod.SINGLE_SOURCE
    if is_chosen or is_only or row["framework_form"] == FrameworkForm.OPEN:
        return None
    if share:
        return "priceOnly" if share == 1 else "ratedCriteria"
    return "qualityOnly" if any(each["kind"] == "quality" for each in facts.criteria) else None


def _price_share(row: Row) -> float:
    """What the price decides: all of it where the lowest price wins."""
    is_lowest = PurchaseMethod(row["method"]) in rules.LOWEST_PRICE
    is_mini = row["framework_id"] is not None and row["second_stage"] in COMPETITIVE
    return 1 if is_lowest or is_mini else float(row["price_weight"])


def _lot(facts: Facts) -> Json:
    """The statutory price weight and the points of each factor."""
    row, share = facts.tender, _price_share(facts.tender)
    price = _weight("price", "价格 price", share * 100, "percentageExact")
    quality = [
        _weight("quality", each["name"], float(each["points"]), "pointsExact")
        for each in facts.criteria
        if each["kind"] == "quality"
    ]
    factors = ([price] if share and _award_criteria(facts) else []) + quality
    return compact(
        id=LOT,
        status=rules.status(TenderStep(row["step"])).value,
        value=money(row["value_fen"]),
        awardCriteria=compact(criteria=factors),
    )


def _weight(kind: str, name: str, number: float, weight: str) -> Json:
    return {"type": kind, "name": name, "numbers": [{"number": number, "weight": weight}]}


def _techniques(row: Row) -> Json:
    reopens = row["second_stage"] in COMPETITIVE
    return {
        "hasFrameworkAgreement": True,
        "frameworkAgreement": compact(
            method="withReopeningCompetition" if reopens else "withoutReopeningCompetition",
            period=compact(endDate=last_of(row["framework_ends_on"])),
        ),
    }


def _rule(row: Row) -> Json:
    return compact(
        id=row["code"],
        value=str(row["value"]),
        document=row["document"],
        article=row["article"],
        confidence=row["confidence"],
    )

"""Awards, contracts and their implementation; challenges, of which the standard knows nothing."""

from typing import Final

from common.contracts.procurement_performance import MilestoneStatus as S
from procurement.domain.ocds.values import (
    Facts,
    Json,
    Row,
    compact,
    first_of,
    instant,
    last_of,
    money,
    of_contract,
    reference,
)
from procurement.domain.performance import told_of_users

STATUS: Final = {
    S.SCHEDULED: "scheduled",
    S.MET: "met",
    S.PARTIALLY_MET: "partiallyMet",
    S.NOT_MET: "notMet",
}


def award(facts: Facts, row: Row) -> Json:
    """An announced decision."""
    return compact(
        id=str(row["id"]),
        title=facts.tender["title"],
        description=row["reason"],
        status=row["status"],
        date=instant(row["decided_at"]),
        value=money(row["value_fen"]),
        suppliers=[reference(facts, row["supplier_id"])],
        relatedBids=[str(row["bid_id"])] if row["bid_id"] else [],
    )


def contract(facts: Facts, row: Row) -> Json:
    """A published contract: period, money, whom it serves, how it goes."""
    milestones = of_contract(facts.milestones, row)
    return compact(
        id=str(row["id"]),
        awardID=str(row["award_id"]),
        title=row["title"],
        description=row["discontinuation_reason"],
        status=row["status"],
        period=compact(
            startDate=first_of(row["period_start_on"]),
            endDate=last_of(row["period_end_on"]),
            maxExtentDate=last_of(row["max_extent_on"]),
        ),
        value=money(row["value_fen"]),
        dateSigned=instant(row["signed_at"]),
        milestones=[_milestone(each) for each in milestones],
        amendments=[_amendment(each) for each in of_contract(facts.changes, row)],
        agreedMetrics=_metrics(row, row["service_days"], "agreed"),
        implementation=_implementation(facts, row, milestones),
        renewalOf=str(row["renewal_of_id"]) if row["renewal_of_id"] else None,
        serviceTerms=_terms(facts, row),
        ending=_ending(row),
    )


def _implementation(facts: Facts, row: Row, milestones: list[Row]) -> Json:
    accepted = [each for each in milestones if each["accepted_at"] is not None]
    return compact(
        transactions=[_transaction(facts, row, each) for each in of_contract(facts.payments, row)],
        milestones=[_milestone(each) for each in accepted],
        metrics=_metrics(row, row["delivered_days"], "delivered") if accepted else [],
        performanceFailures=[_failure(each) for each in of_contract(facts.failures, row)],
    )


def _milestone(row: Row) -> Json:
    return compact(
        id=str(row["id"]),
        title=row["title"],
        type="delivery",
        dueDate=last_of(row["due_on"]),
        dateMet=instant(row["reported_at"]) if row["accepted_at"] else None,
        dateModified=instant(row["accepted_at"]),
        status=STATUS[S(row["status"])],
        userOpinions=_opinions(row),
    )


def _opinions(row: Row) -> Json | None:
    """What users said at the acceptance; figures on few people are left out."""
    if row["accepted_at"] is None:
        return None
    users = told_of_users(row["users_asked"], row["users_answered"], row["users_satisfied"])
    return compact(
        asked=users.asked,
        answered=users.answered,
        satisfied=users.satisfied,
        level=users.level,
        summary=row["opinions"],
        depth=row["depth"],
    )


def _metrics(row: Row, days: int, what: str) -> list[Json]:
    observation = {"id": what, "measure": days, "unit": {"name": "净服务天数 net service days"}}
    return [{"id": f"{row['id']}-service_days-{what}", "observations": [observation]}]


def _transaction(facts: Facts, contract: Row, row: Row) -> Json:
    return compact(
        id=str(row["id"]),
        date=instant(row["decided_at"]),
        value=money(row["value_fen"]),
        payer=reference(facts, contract["buyer_id"]),
        payee=reference(facts, contract["provider_id"]),
    )


def _amendment(row: Row) -> Json:
    return compact(
        id=str(row["number"]),
        date=instant(row["made_at"]),
        rationale=row["reason"] or "supplement",
        description=row["text"],
    )


def _failure(row: Row) -> Json:
    return compact(
        id=str(row["id"]),
        period=compact(startDate=first_of(row["from_on"]), endDate=last_of(row["to_on"])),
        category=row["category"],
        events=row["events"],
        penaltyImposed=f"CNY {row['penalty_fen'] / 100:.2f}" if row["penalty_fen"] else None,
    )


def _terms(facts: Facts, row: Row) -> Json:
    return compact(
        kind=row["kind"],
        areaCodes=list(row["area_codes"]),
        targetGroups=list(row["target_groups"]),
        exclusions=list(row["exclusions"]),
        administrativeHoursMax=row["administrative_hours_max"],
        administrativeHoursUsed=row["administrative_hours_used"],
        administrativeExcess=row["excess"],
        places=row["places"],
        funding=[
            {
                "id": str(each["line_id"]),
                "source": each["source"],
                "budgetLine": each["budget_line"],
                "value": money(each["value_fen"]),
            }
            for each in of_contract(facts.funding, row)
        ],
        stations=[
            {"id": str(each["venue_id"]), "name": each["name"], "areaCode": each["area_code"]}
            for each in of_contract(facts.stations, row)
        ],
    )


def _ending(row: Row) -> Json:
    return compact(
        reason=row["termination_reason"],
        noticeDate=instant(row["discontinuation_notice_at"]),
        endDate=last_of(row["ends_on"]),
        terminatedDate=instant(row["terminated_at"]),
        handedOverTo=str(row["handed_over_to_id"]) if row["handed_over_to_id"] else None,
    )


def challenge(row: Row) -> Json:
    """A supplier's challenge, without who raised it."""
    return compact(
        id=str(row["id"]),
        about=row["about"],
        status=row["step"],
        dateFiled=instant(row["filed_at"]),
        answerDueDate=last_of(row["answer_due_on"]),
        dateAnswered=instant(row["answered_at"]),
        remedy=row["remedy"],
    )


def complaint(row: Row) -> Json:
    """A complaint to the supervising authority, without who raised it."""
    return compact(
        id=str(row["id"]),
        challengeID=str(row["challenge_id"]),
        status=row["step"],
        dateFiled=instant(row["filed_at"]),
        decisionDueDate=last_of(row["decision_due_on"]),
        dateDecided=instant(row["decided_at"]),
        remedy=row["remedy"],
    )

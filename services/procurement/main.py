"""The procurement service 购买服务: competition with a memory. Composition only."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Final

from fastapi import FastAPI

from common.app import Resources, Service, build_app
from common.errors import Problem, Text
from common.feed import FeedKind
from common.worker import Job
from procurement import consumers, worker
from procurement.api import (
    agenda,
    awards,
    bids,
    budgets,
    challenges,
    changes,
    contracts,
    elsewhere,
    oversight,
    panels,
    performance,
    plans,
    providers,
    rating_editions,
    ratings,
    red_flags,
    tenders,
    ventures,
)
from procurement.domain.contracts import AwardContracted, AwardHasContract, NoAward
from procurement.domain.ledger import BudgetExceeded, MoreThanHeld
from procurement.domain.performance import PaymentBeyondContract, SupplementTooLarge, VisitsUsedUp
from procurement.domain.plans import (
    AgendaItemTaken,
    PlanOverlaps,
    PlanYearExceeded,
    PurchaseHasItem,
)
from procurement.domain.ventures import AlreadyApplied, AlreadyReviewed, PotExceeded
from procurement.ocds import api as ocds
from procurement.queries import agenda as agenda_queries
from procurement.queries import contracts as contract_queries
from procurement.queries import providers as provider_queries
from procurement.queries import ratings as rating_queries
from procurement.queries import tenders as tender_queries
from procurement.settings import Settings
from procurement.shelf import Shelf
from procurement.tables import metadata
from procurement.usecases.bids import BidsAtOnce
from procurement.usecases.provider_records import (
    ExclusionOverlaps,
    QualificationOverlaps,
    TieOverlaps,
)
from procurement.usecases.replies import AlreadyAppealed

# What a constraint says when it refuses: the last word, whatever was checked before.
CONSTRAINTS: Final[Mapping[str, type[Problem]]] = {
    "ck_budget_line_never_overdrawn": BudgetExceeded,
    "ck_budget_claim_never_negative": MoreThanHeld,
    "uq_contract_award_id": AwardHasContract,
    "ck_contract_has_award": NoAward,
    "ck_award_has_no_contract": AwardContracted,
    "uq_contract_renewal_of_id": AwardHasContract,
    "ck_contract_never_overpaid": PaymentBeyondContract,
    "ck_contract_funding_never_overpaid": PaymentBeyondContract,
    "ck_milestone_never_overpaid": PaymentBeyondContract,
    "ck_contract_supplements_within_limit": SupplementTooLarge,
    "ck_contract_visit_never_too_many": VisitsUsedUp,
    "uq_venture_application_live": AlreadyApplied,
    "pk_venture_review": AlreadyReviewed,
    "ck_venture_call_never_exceeded": PotExceeded,
    "ex_plan_once": PlanOverlaps,
    "ck_plan_year_never_exceeded": PlanYearExceeded,
    "uq_purchase_item_agenda_item_id": AgendaItemTaken,
    "uq_purchase_item_tender_id": PurchaseHasItem,
    "uq_bid_live": BidsAtOnce,
    "uq_expert_account_index": panels.AccountTaken,
    "uq_challenge_open": challenges.ChallengeStanding,
    "ex_qualification_once": QualificationOverlaps,
    "ex_exclusion_once": ExclusionOverlaps,
    "ex_tie_once": TieOverlaps,
    "uq_grade_reply_appeal": AlreadyAppealed,
}

KINDS: Final = (
    FeedKind("tender", tender_queries.states),
    FeedKind("contract", contract_queries.states),
    FeedKind("agenda_outcome", agenda_queries.states),
    FeedKind("provider", provider_queries.states),
    FeedKind("provider_rating", rating_queries.states),
)


def _jobs(resources: Resources) -> Sequence[Job]:
    return [*worker.jobs(resources), *consumers.jobs(resources)]


SERVICE = Service(
    name="procurement",
    title=Text("购买服务", "Competition with a memory"),
    metadata=metadata,
    routers=(
        budgets.router,
        plans.router,
        tenders.router,
        bids.router,
        panels.router,
        awards.router,
        challenges.router,
        contracts.router,
        performance.router,
        changes.router,
        oversight.router,
        elsewhere.router,
        agenda.router,
        providers.router,
        ratings.router,
        rating_editions.router,
        ventures.router,
        ocds.router,
        red_flags.router,
    ),
    kinds=KINDS,
    constraints=CONSTRAINTS,
    jobs=_jobs,
    lanes=(tenders.LANE, providers.LANE),
    own=lambda _, __: nullcontext(Shelf()),
)


def app() -> FastAPI:
    """uvicorn procurement.main:app --factory"""
    return build_app(SERVICE, Settings())

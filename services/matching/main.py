"""The matching service 供需对接: needs meet supply. Composition only."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from fastapi import FastAPI

from common.app import Resources, Service, build_app
from common.contracts.handover import Matter
from common.contracts.matching import Need, Referral
from common.errors import Problem, Text
from common.feed import FeedKind
from common.worker import Job
from matching import consumers, worker
from matching.api import (
    allocation,
    benefits,
    cases,
    collective_needs,
    coverage,
    lists,
    matches,
    needs,
    outreach,
    places,
    profiles,
    referrals,
    standing,
)
from matching.domain.benefits import DoubleBenefit
from matching.domain.cases import NeedInAnotherCase
from matching.queries import allocation as allocation_queries
from matching.queries import collective_needs as collective_queries
from matching.queries import coverage as coverage_queries
from matching.queries import matters
from matching.queries import needs as need_queries
from matching.queries import referrals as referral_queries
from matching.settings import Settings
from matching.shelf.following import Following
from matching.tables import metadata
from matching.usecases.referrals import NeedAlreadyReferred


def _area(state: Need | Referral | Matter) -> str:
    """Where the need is: readers of these feeds see what lies under their area."""
    return state.area_code


# What a constraint says when it refuses: the last word, whatever was checked before.
CONSTRAINTS: Final[Mapping[str, type[Problem]]] = {
    "uq_referral_need_live": NeedAlreadyReferred,
    "uq_referral_need_unended": NeedAlreadyReferred,  # in its place while 0048 is under way
    "ex_benefit_once": DoubleBenefit,
    "uq_case_need_need_id": NeedInAnotherCase,
}

KINDS: Final = (
    FeedKind("need", need_queries.states, public=False, area_of=_area),
    FeedKind("referral", referral_queries.states, public=False, area_of=_area),
    FeedKind(
        *("referral_matter", matters.states),
        public=False,
        area_of=_area,
        of="referral",
        retell=matters.states_of,
    ),
    FeedKind("collective_need", collective_queries.states),
    FeedKind("gap", coverage_queries.states),
    FeedKind("allocation_run", allocation_queries.states),
)


def _jobs(resources: Resources) -> Sequence[Job]:
    return [*worker.jobs(resources), *consumers.jobs(resources)]


SERVICE: Final = Service(
    name="matching",
    title=Text("供需对接", "Needs meet supply"),
    metadata=metadata,
    routers=(
        needs.router,
        profiles.router,
        standing.router,
        referrals.router,
        places.router,
        outreach.router,
        collective_needs.router,
        lists.router,
        coverage.router,
        matches.router,
        allocation.router,
        benefits.router,
        cases.router,
    ),
    lanes=(matches.LANE, referrals.LANE, coverage.LANE),
    kinds=KINDS,
    constraints=CONSTRAINTS,
    jobs=_jobs,
    own=lambda resources, waiters: Following.running(
        cast(Settings, resources.settings), resources.database, waiters
    ),
)


def app() -> FastAPI:
    """uvicorn matching.main:app --factory"""
    return build_app(SERVICE, Settings())

"""The feedback service 居民之声: the resident's voice. Composition only."""

from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI

from common.app import Resources, Service, build_app
from common.contracts.feedback import Case, Rating
from common.contracts.handover import Evaluation, Matter
from common.errors import Problem, Text
from common.feed import FeedKind
from common.worker import Job
from feedback import consumers, worker
from feedback.api import (
    agendas,
    anomalies,
    appeals,
    assessments,
    attachments,
    bad_ratings,
    calendar,
    case_handling,
    cases,
    deliberation,
    dispatches,
    draws,
    escalations,
    evidence,
    hotline,
    ideas,
    incentives,
    issues,
    pots,
    proposals,
    ratings,
    residence,
    statistics,
    supervision,
    votes,
    voting_desk,
)
from feedback.domain.agendas import AgendaInForce
from feedback.domain.deliberation import GoesOnAstray, TopicDecided
from feedback.domain.dispatches import DispatchedAlready
from feedback.domain.evidence import EvidenceHeld
from feedback.domain.incentives import AlreadyGranted
from feedback.domain.ratings import AlreadyRated
from feedback.open311 import api as open311
from feedback.queries import agendas as agenda_queries
from feedback.queries import assessments as assessment_queries
from feedback.queries import calendar as calendar_queries
from feedback.queries import cases as case_queries
from feedback.queries import handover
from feedback.queries import ratings as rating_queries
from feedback.settings import Settings
from feedback.tables import metadata
from feedback.usecases.appeals import AlreadyAppealed
from feedback.usecases.calendar import NoticeLoadedAlready


def _area(state: Case | Rating | Matter | Evaluation) -> str:
    """Where it is: readers of these feeds see what lies under their area."""
    return state.area_code


# What a constraint says when it refuses: the last word, whatever was checked before.
CONSTRAINTS: Final[Mapping[str, type[Problem]]] = {
    "uq_calendar_notice_source": NoticeLoadedAlready,
    "uq_dispatch_open": DispatchedAlready,
    "uq_rating_referral_id": AlreadyRated,
    "pk_rating_appeal": AlreadyAppealed,
    "uq_agenda_vote_in_force": AgendaInForce,
    "uq_resolution_meeting_id_topic": TopicDecided,
    "uq_resolution_previous_id": TopicDecided,
    "ck_resolution_goes_on_within_its_area": GoesOnAstray,
    "ex_assessment_evidence_once": EvidenceHeld,
    "uq_incentive_scheme_id": AlreadyGranted,
}

KINDS: Final = (
    FeedKind("case", case_queries.states, public=False, area_of=_area),
    FeedKind("rating", rating_queries.states, public=False, area_of=_area),
    FeedKind(
        *("case_matter", handover.matters),
        public=False,
        area_of=_area,
        of="case",
        retell=handover.matters_of,
    ),
    FeedKind(
        *("evaluation", handover.evaluations),
        public=False,
        area_of=_area,
        of="rating",
        retell=handover.evaluations_of,
    ),
    FeedKind("agenda", agenda_queries.states),
    FeedKind("assessment", assessment_queries.states),
    FeedKind("calendar_notice", calendar_queries.states),
)


def _jobs(resources: Resources) -> Sequence[Job]:
    return [*consumers.jobs(resources), *worker.jobs(resources)]


SERVICE: Final = Service(
    name="feedback",
    title=Text("居民之声", "The resident's voice"),
    metadata=metadata,
    routers=(
        cases.router,
        case_handling.router,
        attachments.router,
        dispatches.router,
        hotline.router,
        ideas.router,
        issues.router,
        supervision.router,
        calendar.router,
        escalations.router,
        open311.router,
        ratings.router,
        bad_ratings.router,
        appeals.router,
        proposals.router,
        votes.router,
        voting_desk.router,
        residence.router,
        statistics.router,
        agendas.router,
        pots.router,
        deliberation.router,
        draws.router,
        anomalies.router,
        assessments.schemes,
        assessments.router,
        evidence.router,
        incentives.router,
    ),
    kinds=KINDS,
    constraints=CONSTRAINTS,
    lanes=(cases.LANE, ratings.LANE, votes.LANE),
    jobs=_jobs,
    is_told_notices=False,
)


def app() -> FastAPI:
    """uvicorn feedback.main:app --factory"""
    return build_app(SERVICE, Settings())

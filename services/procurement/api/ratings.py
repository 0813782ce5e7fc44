"""Ratings over HTTP: the editions for everybody, exact figures for who supervises; replies."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from common import audit
from common.auth.actor import Actor, NotYourOrganisation, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.clock import city_day
from common.contracts import procurement as published
from common.contracts import procurement_ratings as contracts
from common.contracts.base import Page
from common.contracts.shapes import DictionaryCode
from common.contracts.vocabulary import RatingDimension
from common.edge import IfMatch, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.paging import After, BadPageToken, Limit, id_after, key_of, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from procurement import tables
from procurement.domain import replies as rules
from procurement.domain.judging import JudgeInOwnCause, NotAboveTheJudge
from procurement.queries import evidence as evidence_queries
from procurement.queries import rating_editions as editions
from procurement.queries import ratings as queries
from procurement.queries import replies as reply_queries
from procurement.queries import track_records
from procurement.queries.evidence import Cell, Source
from procurement.usecases import rating_explained as explained
from procurement.usecases import replies as usecases

router = APIRouter(prefix="/v1", tags=["provider ratings"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.GRADE_READ)]
Replier = Annotated[Actor, needs(Permission.GRADE_REPLY)]
Decider = Annotated[Actor, needs(Permission.GRADE_DECIDE)]
Superior = Annotated[Actor, needs(Permission.EXCLUSION_WRITE)]
Supervisor = Annotated[Actor, needs(Permission.GRADE_READ_EXACT)]
Category = Annotated[DictionaryCode | None, Query(description="服务类别")]
AsOf = Annotated[date | None, Query(description="截至何日，默认今日 / default today")]


@router.get("/providers/{provider_id}/ratings", responses=problems(NoRule, RuleNotSet))
async def list_ratings(
    session: Session, _: Reader, provider_id: UUID, category: Category = None
) -> list[published.ProviderRating]:
    """All ratings of a provider as the last edition told them, with the uses that are lawful."""
    return await queries.of_provider(session, provider_id, category)


@router.get(
    "/providers/{provider_id}/ratings/explained",
    responses=problems(NotFound, NoRule, RuleNotSet, explained.DayToCome),
)
async def explain_rating(
    session: Session,
    _: Reader,
    now: Now,
    provider_id: UUID,
    category: Annotated[DictionaryCode, Query(description="服务类别")],
    dimension: RatingDimension = RatingDimension.OVERALL,
    as_of: AsOf = None,
) -> contracts.RatingExplained:
    """The rating that the public had on a day, computed anew from the public's evidence.

    That is what offices judged, and residents in groups of ten or more. Counts are told in tens.
    """
    cell = Cell(provider_id, category, dimension.value)
    return await explained.explain(session, cell, as_of or city_day(now), now=now)


@router.get("/provider-ratings/{rating_id}/grades", responses=problems(NotFound, BadPageToken))
async def list_grades(
    session: Session, _: Reader, rating_id: UUID, after: After = None, limit: Limit = 50
) -> Page[contracts.Grade]:
    """The levels through the editions, oldest first, each with what it rested on."""
    row = await queries.rating(session, rating_id)
    rows = await editions.grades(session, row.id, after=_instant(after), limit=limit)
    return _grades(rows, limit)


@router.get("/providers/{provider_id}/performance")
async def read_performance(
    session: Session, _: Reader, provider_id: UUID
) -> list[contracts.PerformanceLine]:
    """What the evidence says by category and source; of residents, what the editions heard."""
    return await track_records.performance(session, provider_id)


@router.get("/providers/{provider_id}/ratings/exact", responses=problems(NoRule, RuleNotSet))
async def list_exact_ratings(
    session: Session, actor: Supervisor, now: Now, provider_id: UUID, category: Category = None
) -> list[published.ProviderRating]:
    """All ratings of a provider as they stand now, unrounded; the reading is audited."""
    audit.note_read(session, actor, action="grade.read_exact", target=("provider", provider_id))
    return await queries.exact(session, provider_id, category, day=city_day(now))


@router.get(
    "/providers/{provider_id}/ratings/recomputed",
    responses=problems(NotFound, NoRule, RuleNotSet, explained.DayToCome),
)
async def recompute_rating(
    session: Session,
    actor: Supervisor,
    now: Now,
    provider_id: UUID,
    category: Annotated[DictionaryCode, Query(description="服务类别")],
    dimension: RatingDimension = RatingDimension.OVERALL,
    as_of: AsOf = None,
) -> contracts.RatingExplained:
    """The exact rating on any day, recomputed from the evidence as it was known then; audited."""
    cell = Cell(provider_id, category, dimension.value)
    return await explained.recompute(session, cell, as_of or city_day(now), by=actor, now=now)


@router.get(
    "/provider-ratings/{rating_id}/grades/exact", responses=problems(NotFound, BadPageToken)
)
async def list_exact_grades(
    session: Session, actor: Supervisor, rating_id: UUID, after: After = None, limit: Limit = 50
) -> Page[contracts.Grade]:
    """The exact levels through time, oldest first; the reading is audited."""
    row = await queries.rating(session, rating_id)
    audit.note_read(session, actor, action="grade.read_exact", target=("provider", row.provider_id))
    rows = await queries.history(session, row.id, after=_instant(after), limit=limit)
    return _grades(rows, limit)


@router.get("/providers/{provider_id}/evaluations", responses=problems(BadPageToken))
async def list_evaluations(
    session: Session, _: Reader, provider_id: UUID, after: After = None, limit: Limit = 50
) -> Page[contracts.Evaluation]:
    """The judgements of offices on a provider, with the day from which each one counts."""
    rows = await evidence_queries.evaluations(
        session, provider_id, after=id_after(after), limit=limit
    )
    return Page[contracts.Evaluation].model_validate(page(rows, limit, lambda row: (row.id,)))


@router.post(
    "/providers/{provider_id}/violations",
    status_code=201,
    response_model=contracts.Evaluation,
    responses=problems(NotFound, OutOfArea, usecases.WrongViolation, NoRule, RuleNotSet),
)
async def record_violation(
    provider_id: UUID, wish: contracts.ViolationIn, session: Session, actor: Superior, now: Now
) -> tables.Evidence:
    """Record a violation; it counts when the provider's days to reply are over."""
    return await usecases.record_violation(session, provider_id, wish, by=actor, now=now)


@router.get("/evaluations/{evaluation_id}/replies", responses=problems(NotFound))
async def list_replies(session: Session, _: Reader, evaluation_id: UUID) -> list[contracts.Reply]:
    """What the provider said about an evaluation, and what was decided."""
    row = await evidence_queries.evaluation(session, evaluation_id)
    source = Source(row.provider_id, row.source, row.source_id)
    rows = await reply_queries.of_source(session, source)
    return [contracts.Reply.model_validate(each) for each in rows]


@router.post(
    "/evaluations/{evaluation_id}/replies",
    status_code=201,
    response_model=contracts.Reply,
    responses=problems(
        NotFound, NotYourOrganisation, rules.ReplyPeriodOver, usecases.AlreadyAppealed
    ),
)
async def reply_to_evaluation(
    evaluation_id: UUID,
    wish: contracts.ReplyIn,
    session: Session,
    actor: Replier,
    now: Now,
    response: Response,
) -> tables.Reply:
    """State one's view, or appeal: an appeal suspends the evaluation and the use of the rating."""
    row = await usecases.reply(session, evaluation_id, wish, by=actor, now=now)
    tag(response, row.version)
    return row


@router.post(
    "/grade-replies/{reply_id}/verdict",
    response_model=contracts.Reply,
    responses=problems(
        *(NotFound, PreconditionFailed, PreconditionRequired),
        *(rules.NothingToDecide, JudgeInOwnCause, NotAboveTheJudge),
    ),
)
async def decide_appeal(
    reply_id: UUID,
    wish: contracts.VerdictIn,
    session: Session,
    actor: Decider,
    now: Now,
    version: IfMatch,
    response: Response,
) -> tables.Reply:
    """Decide an appeal from above: upheld, the evaluation is struck; dismissed, it counts again."""
    row = await usecases.decide(session, reply_id, wish, version=version, by=actor, now=now)
    tag(response, row.version)
    return row


def _instant(after: str | None) -> datetime | None:
    """Since when the level stood that the page before ended with."""
    key = key_of(after, datetime.fromisoformat)
    return None if key is None else key[0]


def _grades(rows: Sequence[Any], limit: int) -> Page[contracts.Grade]:
    found = page(rows, limit, lambda each: (each.from_at.isoformat(),))
    return Page[contracts.Grade].model_validate(found)

"""Votes over HTTP: set up and published by the street, cast by residents, counted in public."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import PlainTextResponse

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_votes as contracts
from common.contracts.base import Page
from common.contracts.feedback_proposals import WithdrawalIn
from common.edge import IfMatch, KeyRing, Now, Session, tag
from common.errors import NotFound, PreconditionFailed, PreconditionRequired, problems
from common.lane_reading import reading
from common.paging import After, BadPageToken, Limit, id_after, page
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback import tables
from feedback.api.parameters import AreaPrefix
from feedback.domain import electorate
from feedback.domain import votes as rules
from feedback.domain.counting import CountTooLong
from feedback.domain.pots import PotDiffers, PotExceeded
from feedback.domain.proposals import ProposalBound
from feedback.queries import votes as queries
from feedback.usecases import ballots, vote_counting
from feedback.usecases import votes as usecases

router = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.VOTE_READ)]
Organiser = Annotated[Actor, needs(Permission.VOTE_WRITE)]
Voter = Annotated[Actor, needs(Permission.VOTE_CAST, secret=True)]
Counter = Annotated[Actor, needs(Permission.VOTE_COUNT)]
Language = Annotated[str | None, Header(alias="Accept-Language", max_length=200)]
_EDITING = (
    *(NotFound, OutOfArea, PreconditionFailed, PreconditionRequired),
    rules.VoteCannotMove,
)
_CHANGED = (usecases.OptionChanged, ProposalBound)
_RULES = (NoRule, RuleNotSet)
_POT = (PotExceeded, PotDiffers)


@router.get("", responses=problems(BadPageToken))
async def list_votes(
    session: Session,
    actor: Reader,
    now: Now,
    language: Language = None,
    area: AreaPrefix = None,
    status: contracts.VoteStatus | None = None,
    is_open: bool | None = None,
    after: After = None,
    limit: Limit = 20,
) -> Page[contracts.Vote]:
    """Votes, oldest first, with their options and results."""
    filters = queries.Filters(area=area, status=status, open_at=now if is_open else None)
    rows = await queries.page(session, actor, filters, after=id_after(after), limit=limit)
    found = page(rows, limit, lambda row: (row.id,))
    items = await queries.shown(session, found["items"], now=now, language=_language(language))
    return Page[contracts.Vote](items=items, next=found["next"])


LANE: Final = reading(router, "/v1/votes")


@router.get(
    "/{vote_id}.pb",
    response_class=PlainTextResponse,
    responses=problems(NotFound, vote_counting.BallotsNotPublished, *_RULES),
)
async def export_vote(session: Session, _: Reader, vote_id: UUID) -> PlainTextResponse:
    """A counted vote with its ballots as a Pabulib file, for anybody to recompute."""
    return PlainTextResponse(await vote_counting.exported(session, vote_id))


@router.get("/{vote_id}", responses=problems(NotFound))
async def read_vote(
    session: Session,
    actor: Reader,
    now: Now,
    response: Response,
    vote_id: UUID,
    language: Language = None,
) -> contracts.Vote:
    """One vote: rule, pot and options, and after the count why each was chosen or not."""
    row = await queries.seen(session, actor, vote_id)
    return await _answer(session, response, row, now, _language(language))


@router.post("", status_code=201, responses=problems(OutOfArea, rules.WrongVote, *_RULES))
async def set_up(
    wish: contracts.VoteIn, session: Session, actor: Organiser, now: Now, response: Response
) -> contracts.Vote:
    """Set up a vote over feasible proposals of its area, as a draft.

    已列入其他已公布票决或清单的提案不能列入。Not over what another vote or agenda has taken.
    """
    row = await usecases.set_up(session, wish, by=actor, now=now)
    response.headers["Location"] = f"votes/{row.id}"
    return await _answer(session, response, row, now)


@router.post(
    "/{vote_id}/publication",
    responses=problems(
        *_EDITING, rules.NoticeTooShort, rules.TooFewAsked, *_CHANGED, *_RULES, *_POT
    ),
)
async def publish(
    vote_id: UUID,
    session: Session,
    actor: Organiser,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Vote:
    """Publish rule, options, dates and pot: from now on they are frozen.

    同一批准文件名下已公布的票决与清单合计不超过其总额（pot_total_fen）。What is published under one
    document never comes to more than it approves.
    """
    row = await usecases.publish(session, vote_id, version=version, keys=keys, by=actor, now=now)
    return await _answer(session, response, row, now)


@router.post("/{vote_id}/withdrawal", responses=problems(*_EDITING))
async def withdraw(
    vote_id: UUID,
    said: WithdrawalIn,
    session: Session,
    actor: Organiser,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Vote:
    """Take a vote back before its count; what was cast is destroyed unread."""
    row = await usecases.withdraw(session, vote_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row, now)


@router.post("/{vote_id}/dispute", responses=problems(*_EDITING, rules.DisputeOpen))
async def dispute(
    vote_id: UUID,
    said: contracts.DisputeIn,
    session: Session,
    actor: Counter,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Vote:
    """Put a dispute down; nothing is counted until it is settled."""
    row = await usecases.dispute(session, vote_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row, now)


@router.post("/{vote_id}/settlement", responses=problems(*_EDITING))
async def settle(
    vote_id: UUID,
    said: contracts.SettlementIn,
    session: Session,
    actor: Counter,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Vote:
    """End a dispute: the count may go on, or there is no result."""
    row = await usecases.settle(session, vote_id, said, version=version, by=actor, now=now)
    return await _answer(session, response, row, now)


@router.post(
    "/{vote_id}/ballots",
    responses=problems(
        *(NotFound, rules.VoteNotOpen, rules.AlreadyVoted, rules.WrongVote),
        *(electorate.HomeNotVerified, electorate.NotInElectorate, electorate.LoginTooWeak),
        *(electorate.CardNeeded, electorate.UnknownCard, electorate.CardReplaced, *_RULES),
    ),
)
async def cast(
    vote_id: UUID,
    ballot: contracts.BallotIn,
    session: Session,
    actor: Voter,
    keys: KeyRing,
    now: Now,
) -> contracts.Cast:
    """Vote, once. The choice is sealed and mixed with others; nothing tells whose it is.

    网上投票须达到规则 `vote.login_level` 的登录级别（令牌的 `acr`），纸质选票不受影响。
    Online the sign-in must have the level of the rule (`acr` of the token); paper needs none.
    """
    return await ballots.cast(session, vote_id, ballot, keys=keys, by=actor, now=now)


@router.post(
    "/{vote_id}/count",
    responses=problems(
        *_EDITING,
        *(rules.VoteNotOver, rules.VoteDisputed, rules.SheetsUnsettled, rules.FiguresDisagree),
        *(CountTooLong, *_RULES),
    ),
)
async def count(
    vote_id: UUID,
    session: Session,
    actor: Counter,
    keys: KeyRing,
    now: Now,
    version: IfMatch,
    response: Response,
) -> contracts.Vote:
    """Count by the published rule; too few ballots end the vote without a result."""
    row = await vote_counting.count(session, vote_id, version=version, keys=keys, by=actor, now=now)
    return await _answer(session, response, row, now)


def _language(accepted: str | None) -> str:
    return "en" if (accepted or "").lower().startswith("en") else "zh"


async def _answer(
    session: Session, response: Response, row: tables.Vote, now: Now, language: str = "zh"
) -> contracts.Vote:
    await session.flush()
    tag(response, row.version)
    return await queries.one(session, row.id, now=now, language=language)

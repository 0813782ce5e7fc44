"""Votes over HTTP: set up and published by the street, cast by residents, counted in public."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Header, Path, Response
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
from feedback.usecases import ballots, cards, sheets, vote_counting
from feedback.usecases import votes as usecases

router = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.VOTE_READ)]
Organiser = Annotated[Actor, needs(Permission.VOTE_WRITE)]
Voter = Annotated[Actor, needs(Permission.VOTE_CAST, secret=True)]
Desk = Annotated[Actor, needs(Permission.VOTE_ENTER)]
Counter = Annotated[Actor, needs(Permission.VOTE_COUNT)]
Sheet = Annotated[int, Path(ge=1, le=1_000_000, description="张号 / number on the sheet")]
CardNumber = Annotated[int, Path(ge=1, le=10_000_000, description="编号 / number on the card")]
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
    responses=problems(*_EDITING, rules.NoticeTooShort, *_CHANGED, *_RULES, *_POT),
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
    "/{vote_id}/cards",
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteCannotMove, electorate.CardNeeded),
        cards.TooManyCards,
    ),
)
async def issue_cards(
    vote_id: UUID, wish: contracts.CardsIn, session: Session, actor: Organiser, keys: KeyRing
) -> contracts.Cards:
    """Issue one-time codes, shown this once, to be handed out sealed: one for each elector.

    每码有编号，印在封口外；发给谁由街道在纸面登记，遗失时凭编号补发。
    Each has a number, printed outside; the street writes on paper who got which.
    """
    return await cards.issue(session, vote_id, wish.count, keys=keys, by=actor)


@router.post(
    "/{vote_id}/cards/{number}/replacement",
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteNotOpen, cards.CardVoted, cards.AnotherMustConfirm),
        cards.ReplacedMeanwhile,
    ),
)
async def replace_card(
    vote_id: UUID,
    number: CardNumber,
    said: contracts.CardLossIn,
    session: Session,
    actor: Desk,
    keys: KeyRing,
    now: Now,
) -> contracts.Replacement:
    """补发选票码 / Replace a lost card: one person asks, another confirms and gets the new code.

    核对身份和纸面登记后凭编号办理；原码随即作废，已投票的不补发。
    After a look at the identity card and the list of numbers. The old code is void from then on;
    a card that has voted is not replaced, so nobody votes twice.
    """
    return await cards.replace(session, vote_id, number, said, keys=keys, by=actor, now=now)


@router.post(
    "/{vote_id}/cards/{number}/replacement/withdrawal",
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteNotOpen, cards.LossNotAsked, cards.ReplacedMeanwhile)
    ),
)
async def keep_card(
    vote_id: UUID,
    number: CardNumber,
    session: Session,
    actor: Desk,
    keys: KeyRing,
    now: Now,
) -> contracts.Replacement:
    """撤回补发 / Take back what was asked by mistake, before another person has confirmed it.

    原码始终有效。The old code was good all along.
    """
    return await cards.keep(session, vote_id, number, keys=keys, by=actor, now=now)


@router.post(
    "/{vote_id}/paper-voters",
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteNotOpen, rules.AlreadyVoted),
        *(electorate.CardNeeded, electorate.UnknownCard, electorate.CardReplaced),
    ),
)
async def hand_out_paper(
    vote_id: UUID,
    said: contracts.PaperVoterIn,
    session: Session,
    actor: Desk,
    keys: KeyRing,
    now: Now,
) -> contracts.Cast:
    """Take a card in for a paper ballot; its holder cannot vote a second time."""
    return await ballots.hand_out_paper(session, vote_id, said.card, keys=keys, by=actor, now=now)


@router.post(
    "/{vote_id}/sheets",
    responses=problems(
        *(NotFound, OutOfArea, rules.VoteCannotMove, rules.VoteNotOver),
        *(rules.WrongVote, ballots.SheetRead),
    ),
)
async def enter_sheet(
    vote_id: UUID, said: contracts.SheetIn, session: Session, actor: Desk, now: Now
) -> contracts.Sheet:
    """Enter a paper ballot after the end: two people apart, a third settles what differs."""
    return await ballots.enter_sheet(session, vote_id, said, by=actor, now=now)


@router.post(
    "/{vote_id}/sheets/{sheet}/voiding",
    responses=problems(NotFound, OutOfArea, rules.VoteCannotMove, sheets.SheetVoid),
)
async def void_sheet(
    vote_id: UUID, sheet: Sheet, said: contracts.VoidingIn, session: Session, actor: Desk
) -> contracts.Voiding:
    """作废误录的纸质选票 / Void a sheet that was entered by mistake, before the count.

    一人提出，另一人确认，均须说明理由；作废数随计票公布，张号不再使用。
    One person asks and another one confirms, each with a reason. How many were voided is published
    with the count; the number is not used again.
    """
    return await sheets.void(session, vote_id, sheet, said, by=actor)


@router.post(
    "/{vote_id}/count",
    responses=problems(
        *_EDITING,
        *(rules.VoteNotOver, rules.VoteDisputed, rules.SheetsUnsettled, rules.FiguresDisagree),
        CountTooLong,
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

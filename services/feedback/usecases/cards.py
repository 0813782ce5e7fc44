"""Cards of a vote: issued once each, and replaced when they are lost, without a second vote.

A card bears its number on the outside and the code inside. The street writes down on paper who got
which number; here number and code are blind indexes, so that a dump ties neither to anybody.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_votes as contracts
from common.contracts.feedback_votes import Credential, VoteStatus
from common.crypto.keys import Keys
from common.errors import Conflict, NotFound, Text
from feedback import tables
from feedback.domain import electorate
from feedback.domain import votes as rules
from feedback.queries import ballots as queries
from feedback.queries import votes as vote_queries

KIND: Final = "vote"
CARD: Final = "voting_card.card"
STUB: Final = "voting_card.stub"
WHAT: Final = Text("选票码编号", "number of a card")


class TooManyCards(Conflict):
    """There is one card for each elector, not more."""

    slug = "too-many-cards"
    title = Text("选票码超过应投票数", "Too many cards")
    detail = Text(
        "已发放 {issued} 个，应投票数为 {electors}。",
        "{issued} cards were issued for {electors} electors.",
    )


class CardVoted(Conflict):
    """A replacement of what was used would be a second vote."""

    slug = "card-voted"
    title = Text("该选票码已投票", "The card has voted")
    detail = Text(
        "{number} 号选票码已用于投票，不能补发；选票保密，无法撤回其内容。认为被他人使用的，"
        "请向街道提出争议（POST /v1/votes/{vote}/dispute）。",
        "Card {number} was used to vote: it cannot be replaced, and a secret ballot cannot be taken"
        " back. Whoever thinks that somebody else used it asks the street for a dispute"
        " (POST /v1/votes/{vote}/dispute).",
    )


class AnotherMustConfirm(Conflict):
    """Nobody makes a second code for a number alone."""

    slug = "another-must-confirm"
    title = Text("须由另一人确认", "Somebody else has to confirm")
    detail = Text(
        "{number} 号选票码的补发由您提出，须由另一名工作人员以同一请求确认。",
        "You have asked to replace card {number}: a colleague confirms it by the same request.",
    )


class ReplacedMeanwhile(Conflict):
    """Of two at once, one has replaced the card; the other has not seen it yet."""

    slug = "replaced-meanwhile"
    title = Text("该编号刚由他人补发", "It has just been replaced")
    detail = Text(
        "{number} 号选票码刚由他人补发，本次请求未作任何改动；请向同事核对，新码仍须挂失的再办理。",
        "Somebody else has just replaced card {number}, and this request has changed nothing: ask"
        " your colleagues, and come again only if the new code is lost as well.",
    )


class LossNotAsked(Conflict):
    """There is nothing to take back."""

    slug = "loss-not-asked"
    title = Text("没有待确认的补发", "No replacement is asked for")
    detail = Text(
        "{number} 号选票码没有待确认的补发：未曾提出，或已补发。已补发的，原码作废，不能恢复；"
        "误补发的，将新码交原持有人。",
        "No replacement of card {number} waits for confirmation: none was asked, or it is done."
        " What is done stays, the old code is void: hand the new one to the same elector.",
    )


async def issue(
    session: AsyncSession, vote_id: UUID, count: int, *, keys: Keys, by: Actor
) -> contracts.Cards:
    """New one-time codes with their numbers, told this once; only blind indexes are kept."""
    vote = await vote_queries.found(session, vote_id, lock=True)
    by.must_cover(vote.area_code)
    rules.check_step(VoteStatus(vote.status), Text("发放选票码", "cards"), VoteStatus.PUBLISHED)
    if vote.credential != Credential.CARD:
        raise electorate.CardNeeded
    issued = await queries.issued(session, vote_id)
    if issued + count > vote.electors:
        raise TooManyCards(issued=issued, electors=vote.electors)
    numbers = list(range(issued + 1, issued + count + 1))
    cards = [electorate.new_card() for _ in numbers]
    stubs = [_stubs(keys, vote_id, number)[0] for number in numbers]
    indexes = [_indexes(keys, vote_id, card)[0] for card in cards]
    await queries.issue(session, vote_id, dict(zip(indexes, stubs, strict=True)))
    _note(session, by, "issue_cards", vote, {"count": count})
    return contracts.Cards(vote_id=vote_id, cards=cards, numbers=numbers)


async def replace(
    session: AsyncSession,
    vote_id: UUID,
    number: int,
    said: contracts.CardLossIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> contracts.Replacement:
    """Ask that a lost card be replaced, or confirm what somebody else asked: the old code is void.

    The number stays, so the street's list of who got it stays true; one code of it is good.
    """
    vote, row = await _numbered(session, vote_id, number, keys=keys, by=by, now=now)
    if await queries.has_voted(session, vote_id, row.card):
        raise CardVoted(number=number, vote=vote_id)
    if row.loss_asked_by == by.subject:
        raise AnotherMustConfirm(number=number)
    card = None
    if row.loss_asked_by is None:
        row.loss, row.loss_asked_by = said.loss, by.subject
    else:
        row.voided_by, card = by.subject, electorate.new_card()
        await session.flush()
        await queries.issue(session, vote_id, {_indexes(keys, vote_id, card)[0]: row.stub})
    _note(session, by, "replace_card", vote, {"loss": row.loss, "is_done": card is not None})
    return contracts.Replacement(number=number, is_asked=card is None, card=card)


async def keep(
    session: AsyncSession, vote_id: UUID, number: int, *, keys: Keys, by: Actor, now: datetime
) -> contracts.Replacement:
    """Take back that a card was reported lost, as long as nobody has confirmed it.

    Whoever stands at the desk may: the code was good all along, and stays so.
    """
    vote, row = await _numbered(session, vote_id, number, keys=keys, by=by, now=now)
    if row.loss_asked_by is None:
        raise LossNotAsked(number=number)
    loss, row.loss, row.loss_asked_by = row.loss, None, None
    await session.flush()
    _note(session, by, "keep_card", vote, {"loss": loss})
    return contracts.Replacement(number=number, is_asked=False, card=None)


async def _numbered(
    session: AsyncSession, vote_id: UUID, number: int, *, keys: Keys, by: Actor, now: datetime
) -> tuple[tables.Vote, tables.VotingCard]:
    """The good card of a number, locked, while anybody may vote with it."""
    vote = await vote_queries.steady(session, vote_id)
    by.must_cover(vote.area_code)
    if now >= vote.closes_at or vote.status != VoteStatus.PUBLISHED:
        raise closed(vote)
    stubs = _stubs(keys, vote_id, number)
    row = await queries.card_of(session, vote_id, stubs)
    if row is not None:
        return vote, row
    if await queries.is_issued(session, vote_id, stubs):
        raise ReplacedMeanwhile(number=number)
    raise NotFound(what=WHAT, key=number)


async def held(session: AsyncSession, vote_id: UUID, card: str, keys: Keys) -> str:
    """The blind index of a card that is good, locked. Raises `UnknownCard` or `CardReplaced`."""
    found = await queries.card(session, vote_id, _indexes(keys, vote_id, card))
    if found is None:
        raise electorate.UnknownCard
    if found.voided_by is not None:
        raise electorate.CardReplaced
    return found.card


def closed(vote: tables.Vote) -> rules.VoteNotOpen:
    """That nobody votes now, and when."""
    return rules.VoteNotOpen(
        opens_at=vote.opens_at.isoformat(),
        closes_at=vote.closes_at.isoformat(),
        current=vote.status,
    )


def _indexes(keys: Keys, vote_id: UUID, card: str) -> Sequence[str]:
    """The blind indexes of a card, the active key's first."""
    return [index.hex() for index in keys.index.candidates(f"{CARD}.{vote_id}", card)]


def _stubs(keys: Keys, vote_id: UUID, number: int) -> Sequence[str]:
    """The blind indexes of a card's number, the active key's first."""
    return [index.hex() for index in keys.index.candidates(f"{STUB}.{vote_id}", str(number))]


def _note(
    session: AsyncSession, by: Actor, what: str, vote: tables.Vote, after: dict[str, object]
) -> None:
    """The log tells how many and why; a number in it would tell who has voted with whom."""
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, vote.id),
        area=vote.area_code,
        after=after,
    )

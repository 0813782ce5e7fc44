"""Cards and paper ballots of a vote over HTTP: what a desk hands out, enters, and sets right."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_votes as contracts
from common.contracts.written import IN_DIGITS
from common.edge import KeyRing, Now, Session
from common.errors import NotFound, problems
from common.route import TransactionRoute
from feedback.domain import electorate
from feedback.domain import votes as rules
from feedback.usecases import ballots, cards, sheets

router = APIRouter(prefix="/v1/votes", tags=["votes"], route_class=TransactionRoute)

Organiser = Annotated[Actor, needs(Permission.VOTE_WRITE)]
Desk = Annotated[Actor, needs(Permission.VOTE_ENTER)]
Sheet = Annotated[
    int, Path(ge=1, le=1_000_000, description="张号 / number on the sheet"), IN_DIGITS
]
CardNumber = Annotated[
    int, Path(ge=1, le=10_000_000, description="编号 / number on the card"), IN_DIGITS
]


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

    一人提出，另一人确认，均须说明理由；作废数随计票公布。待确认的恢复由此撤回。
    One person asks and another one confirms, each with a reason. How many are void is published
    with the count. A restoring that waits for somebody else is taken back by it.
    """
    return await sheets.void(session, vote_id, sheet, said, by=actor)


@router.post(
    "/{vote_id}/sheets/{sheet}/restoration",
    responses=problems(NotFound, OutOfArea, rules.VoteCannotMove, sheets.SheetStands),
)
async def restore_sheet(
    vote_id: UUID, sheet: Sheet, said: contracts.RestorationIn, session: Session, actor: Desk
) -> contracts.Voiding:
    """恢复误作废的纸质选票 / Restore a sheet that was voided by mistake, before the count.

    一人提出，另一人确认，均须说明理由；恢复后仍为原来的录入，未录完的继续录入。待确认的作废由此撤回。
    One person asks and another one confirms, each with a reason: it stands again as it was read. A
    voiding that waits for somebody else is taken back by it.
    """
    return await sheets.restore(session, vote_id, sheet, said, by=actor)

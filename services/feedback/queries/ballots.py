"""The roll, the urns, cards and paper ballots. No statement here reads roll and urns together."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_votes import SheetStatus
from feedback import tables

Roll, Urn, Key = tables.RollEntry, tables.Urn, tables.UrnKey
Card, Sheet, Counted = tables.VotingCard, tables.PaperSheet, tables.CountedBallot


async def put_up(session: AsyncSession, vote_id: UUID, key: bytes, urns: Sequence[bytes]) -> None:
    """Set up the urns of a vote, each sealed and empty, with their sealed key."""
    session.add(Key(vote_id=vote_id, sealed=key))
    session.add_all(
        Urn(vote_id=vote_id, number=number, sealed=sealed) for number, sealed in enumerate(urns)
    )
    await session.flush()


async def enroll(
    session: AsyncSession, vote_id: UUID, voter: str, *, person: str | None, is_paper: bool
) -> bool:
    """Write on the roll that somebody votes; False when voter or person stand there already."""
    statement = (
        insert(Roll)
        .values(vote_id=vote_id, voter=voter, person=person, is_paper=is_paper)
        .on_conflict_do_nothing()
        .returning(Roll.vote_id)
    )
    return (await session.execute(statement)).first() is not None


async def has_person(session: AsyncSession, vote_id: UUID, names: Sequence[str]) -> bool:
    """Whether a person stands on the roll under one of some names."""
    if not names:
        return False
    statement = select(Roll.vote_id).where(Roll.vote_id == vote_id, Roll.person.in_(names))
    return await session.scalar(statement.limit(1)) is not None


async def key_of(session: AsyncSession, vote_id: UUID) -> bytes | None:
    """The sealed key of a vote's urns; None once it is destroyed."""
    found: bytes | None = await session.scalar(select(Key.sealed).where(Key.vote_id == vote_id))
    return found


async def urn(session: AsyncSession, vote_id: UUID, number: int) -> bytes | None:
    """One urn, locked; None once the urns are gone."""
    statement = select(Urn.sealed).where(Urn.vote_id == vote_id, Urn.number == number)
    found: bytes | None = await session.scalar(statement.with_for_update())
    return found


async def put_back(session: AsyncSession, vote_id: UUID, number: int, sealed: bytes) -> None:
    """Write a locked urn."""
    statement = update(Urn).where(Urn.vote_id == vote_id, Urn.number == number)
    await session.execute(statement.values(sealed=sealed))


async def all_urns(session: AsyncSession, vote_id: UUID) -> Sequence[Any]:
    """All urns of a vote, locked: whoever is casting has done so, or will find none."""
    statement = select(Urn.number, Urn.sealed).where(Urn.vote_id == vote_id)
    return (await session.execute(statement.order_by(Urn.number).with_for_update())).all()


async def destroy(session: AsyncSession, vote_id: UUID) -> None:
    """Remove urns and key: what was cast cannot be read any more."""
    await session.execute(delete(Urn).where(Urn.vote_id == vote_id))
    await session.execute(delete(Key).where(Key.vote_id == vote_id))


async def enrolled(session: AsyncSession, vote_id: UUID) -> tuple[int, int]:
    """How many stand on the roll: online, on paper."""
    statement = select(
        func.count().filter(Roll.is_paper.is_(False)), func.count().filter(Roll.is_paper)
    ).where(Roll.vote_id == vote_id)
    online, paper = (await session.execute(statement)).one()
    return int(online), int(paper)


async def issue(session: AsyncSession, vote_id: UUID, cards: Mapping[str, str | None]) -> None:
    """Keep blind indexes of new cards, with their numbers', in an order unlike their making."""
    rows = [{"vote_id": vote_id, "card": card, "stub": cards[card]} for card in sorted(cards)]
    await session.execute(insert(Card), rows)


async def issued(session: AsyncSession, vote_id: UUID) -> int:
    """How many cards of a vote are good or were used: those that were replaced count once."""
    statement = select(func.count()).where(Card.vote_id == vote_id, Card.voided_by.is_(None))
    return int(await session.scalar(statement) or 0)


async def card(
    session: AsyncSession, vote_id: UUID, candidates: Sequence[str]
) -> tables.VotingCard | None:
    """The card that is one of these blind indexes, which nobody replaces meanwhile; None: none."""
    statement = select(Card).where(Card.vote_id == vote_id, Card.card.in_(candidates))
    return await _locked(session, statement, is_read=True)


async def card_of(
    session: AsyncSession, vote_id: UUID, stubs: Sequence[str]
) -> tables.VotingCard | None:
    """The card of a number that is good, locked; None when no such number was issued."""
    statement = select(Card).where(
        Card.vote_id == vote_id, Card.stub.in_(stubs), Card.voided_by.is_(None)
    )
    return await _locked(session, statement, is_read=False)


async def is_issued(session: AsyncSession, vote_id: UUID, stubs: Sequence[str]) -> bool:
    """Whether a card bears that number, good or void."""
    statement = select(Card.card).where(Card.vote_id == vote_id, Card.stub.in_(stubs)).limit(1)
    return await session.scalar(statement) is not None


async def replaced(session: AsyncSession, vote_id: UUID) -> int:
    """How many codes of a vote are void, each because two people gave another one for it."""
    statement = select(func.count()).where(Card.vote_id == vote_id, Card.voided_by.is_not(None))
    return int(await session.scalar(statement) or 0)


async def _locked(
    session: AsyncSession, statement: Select[tables.VotingCard], *, is_read: bool
) -> tables.VotingCard | None:
    locked = statement.with_for_update(read=is_read).execution_options(populate_existing=True)
    found: tables.VotingCard | None = await session.scalar(locked)
    return found


async def has_voted(session: AsyncSession, vote_id: UUID, voter: str) -> bool:
    """Whether somebody stands on the roll."""
    statement = select(Roll.vote_id).where(Roll.vote_id == vote_id, Roll.voter == voter)
    return await session.scalar(statement) is not None


async def sheet(session: AsyncSession, vote_id: UUID, number: int) -> tables.PaperSheet | None:
    """A paper ballot as it was entered so far, locked."""
    statement = select(Sheet).where(Sheet.vote_id == vote_id, Sheet.sheet == number)
    found: tables.PaperSheet | None = await session.scalar(
        statement.with_for_update().execution_options(populate_existing=True)
    )
    return found


async def first_reading(
    session: AsyncSession, vote_id: UUID, number: int, choices: Sequence[int], by: str
) -> bool:
    """Enter a paper ballot for the first time; False when somebody was faster."""
    statement = (
        insert(Sheet)
        .values(vote_id=vote_id, sheet=number, status=SheetStatus.ONCE, first=choices, first_by=by)
        .on_conflict_do_nothing()
        .returning(Sheet.sheet)
    )
    return (await session.execute(statement)).first() is not None


async def sheets(session: AsyncSession, vote_id: UUID) -> Sequence[tables.PaperSheet]:
    """All paper ballots of a vote by sheet number."""
    statement = select(Sheet).where(Sheet.vote_id == vote_id).order_by(Sheet.sheet)
    return (await session.scalars(statement)).all()


async def publish(session: AsyncSession, vote_id: UUID, ballots: Sequence[Sequence[int]]) -> None:
    """Write the counted ballots in the order given, which is random."""
    if ballots:
        rows = [
            {"vote_id": vote_id, "position": at, "choices": list(ballot)}
            for at, ballot in enumerate(ballots, 1)
        ]
        await session.execute(insert(Counted), rows)


async def counted(session: AsyncSession, vote_id: UUID) -> Sequence[Sequence[int]]:
    """The counted ballots."""
    statement = select(Counted.choices).where(Counted.vote_id == vote_id)
    return (await session.scalars(statement.order_by(Counted.position))).all()

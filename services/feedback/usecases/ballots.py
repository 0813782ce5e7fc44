"""Ballots: cast into a sealed urn, by card or by home; paper ballots entered by two people.

The log says that somebody voted, never what; a ballot is mixed into its urn before it is written.
"""

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.contracts import feedback_votes as contracts
from common.contracts.feedback_votes import Credential, SheetStatus, VoteStatus
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.errors import Conflict, Text
from feedback import tables
from feedback.domain import electorate
from feedback.domain import votes as rules
from feedback.domain.ballots import UrnLock, written
from feedback.domain.residence import Home
from feedback.queries import ballots as queries
from feedback.queries import votes as vote_queries
from feedback.queries.ground import ground
from feedback.usecases import cards, residence

KIND: Final = "vote"


class SheetRead(Conflict):
    """The same person does not read a paper ballot twice, and what is settled stays."""

    slug = "sheet-read"
    title = Text("此张已由您录入或已核定", "The sheet is read")
    detail = Text(
        "第 {sheet} 张须由另一人录入，或已核定、已作废。误作废的，由两人恢复"
        "（POST /v1/votes/{vote}/sheets/{sheet}/restoration）。",
        "Sheet {sheet} has to be read by somebody else, or is settled, or void. What was voided by"
        " mistake two people restore (POST /v1/votes/{vote}/sheets/{sheet}/restoration).",
    )


async def cast(
    session: AsyncSession,
    vote_id: UUID,
    ballot: contracts.BallotIn,
    *,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> contracts.Cast:
    """Cast a ballot: one line on the roll, one ballot mixed into an urn, no tie between them."""
    vote = await vote_queries.found(session, vote_id)
    _must_be_open(vote, now)
    electorate.check_card(Credential(vote.credential), ballot.card)
    in_force = (await ground(session)).at(vote.area_code, now)
    home = await residence.home_of(session, by, in_force, now)
    electorate.must_live_in(home.area_code, vote.area_code)
    electorate.check_level(by, in_force.rule("vote.login_level"))
    options = await vote_queries.options_on(session, vote_id)
    rules.check_choices(ballot.choices, options, vote.choices_max)
    name = by.alias(f"votes.{vote_id}")
    voter, person = name, await _person(session, vote_id, home, keys)
    if ballot.card is not None:
        voter, person = await cards.held(session, vote_id, ballot.card, keys), name
    if not await queries.enroll(session, vote_id, voter, person=person, is_paper=False):
        raise rules.AlreadyVoted
    lock = UrnLock(await _urn_key(session, vote, keys), vote_id, options)
    number = secrets.randbelow(vote.urns)
    sealed = await queries.urn(session, vote_id, number)
    if sealed is None:
        raise cards.closed(vote)
    ballots = [*lock.opened(number, sealed), written(ballot.choices, options)]
    await queries.put_back(session, vote_id, number, lock.closed(number, ballots))
    audit.note(session, by, action="vote.cast", target=(KIND, vote_id), area=vote.area_code)
    return contracts.Cast(vote_id=vote_id, is_counted=True)


async def hand_out_paper(
    session: AsyncSession, vote_id: UUID, card: str, *, keys: Keys, by: Actor, now: datetime
) -> contracts.Cast:
    """Take a card in for a paper ballot: its holder has voted, online as well."""
    vote = await vote_queries.steady(session, vote_id)
    by.must_cover(vote.area_code)
    _must_be_open(vote, now)
    electorate.check_card(Credential(vote.credential), card)
    voter = await cards.held(session, vote_id, card, keys)
    if not await queries.enroll(session, vote_id, voter, person=None, is_paper=True):
        raise rules.AlreadyVoted
    audit.note(session, by, action="vote.hand_out_paper", target=(KIND, vote_id))
    return contracts.Cast(vote_id=vote_id, is_counted=True)


async def enter_sheet(
    session: AsyncSession, vote_id: UUID, said: contracts.SheetIn, *, by: Actor, now: datetime
) -> contracts.Sheet:
    """Enter what a paper ballot says, after the end: two people apart, a third where they differ.

    Nothing chosen means a spoiled ballot: it stays on record and is not counted.
    """
    vote = await vote_queries.steady(session, vote_id)
    by.must_cover(vote.area_code)
    rules.check_step(VoteStatus(vote.status), Text("录入选票", "entry"), VoteStatus.PUBLISHED)
    if now < vote.closes_at:
        raise rules.VoteNotOver(closes_at=vote.closes_at.isoformat())
    options = await vote_queries.options_on(session, vote_id)
    rules.check_choices(said.choices, options, vote.choices_max)
    choices = sorted(said.choices)
    if await queries.first_reading(session, vote_id, said.sheet, choices, by.subject):
        status = SheetStatus.ONCE
    else:
        status = await _read_again(session, vote_id, said.sheet, choices, by)
    audit.note(
        session,
        by,
        action="vote.enter_sheet",
        target=(KIND, vote_id),
        area=vote.area_code,
        after={"sheet": said.sheet, "status": status},
    )
    return contracts.Sheet(sheet=said.sheet, status=status)


async def _read_again(
    session: AsyncSession, vote_id: UUID, number: int, choices: list[int], by: Actor
) -> SheetStatus:
    """A second reading, or the third that settles two different ones."""
    sheet = await queries.sheet(session, vote_id, number)
    if sheet is None or by.subject in {sheet.first_by, sheet.second_by}:
        raise SheetRead(sheet=number, vote=vote_id)
    if sheet.status == SheetStatus.ONCE:
        sheet.second, sheet.second_by = choices, by.subject
    elif sheet.status == SheetStatus.DIFFERENT:
        sheet.settled, sheet.settled_by = choices, by.subject
    else:
        raise SheetRead(sheet=number, vote=vote_id)
    sheet.status = rules.as_read(sheet.first, sheet.second, sheet.settled)
    await session.flush()
    return SheetStatus(sheet.status)


async def _person(session: AsyncSession, vote_id: UUID, home: Home, keys: Keys) -> str | None:
    """The name for this vote alone of whom a desk knows, whatever account votes.

    Raises `AlreadyVoted` when the person stands on the roll under an older key.
    """
    if home.person is None:
        return None
    names = [each.hex() for each in keys.index.candidates(f"votes.{vote_id}", home.person)]
    if await queries.has_person(session, vote_id, names[1:]):
        raise rules.AlreadyVoted
    return names[0]


def _must_be_open(vote: tables.Vote, now: datetime) -> None:
    if not rules.is_open(vote.status, vote.opens_at, vote.closes_at, now):
        raise cards.closed(vote)


async def _urn_key(session: AsyncSession, vote: tables.Vote, keys: Keys) -> bytes:
    sealed = await queries.key_of(session, vote.id)
    if sealed is None:
        raise cards.closed(vote)
    return keys.unseal(sealed, context=place("urn_key", "sealed", vote.id))

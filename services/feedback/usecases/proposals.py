"""Proposals: made, supported, assessed, merged, withdrawn. Residents stand under a pseudonym."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed, mirrors
from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.auth.roles import Role
from common.clock import city_day
from common.contracts import feedback_proposals as contracts
from common.contracts.feedback_proposals import ProposalStatus
from common.contracts.feeds import Kind
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import FieldError, NotFound, Text
from common.ids import uuid7
from common.records import made, touch
from feedback import tables
from feedback.domain import proposals as rules
from feedback.domain.electorate import must_live_in
from feedback.domain.numbers import Numbered, number
from feedback.queries import agendas as agenda_queries
from feedback.queries import proposals as queries
from feedback.queries.ground import ground
from feedback.usecases.residence import home_of

KIND: Final = "proposal"
ORIGINAL: Final = Text("遮蔽前的内容", "text before a redaction")


async def propose(
    session: AsyncSession, wish: contracts.ProposalIn, *, by: Actor, now: datetime
) -> tables.Proposal:
    """A new proposal of somebody who lives in its area; its proposer is its first supporter."""
    in_force = (await ground(session)).at(wish.area_code, now)
    must_live_in((await home_of(session, by, in_force, now)).area_code, wish.area_code)
    await _must_be_known(session, wish)
    proposal_id, name = uuid7(), by.alias(Purpose.PROPOSALS)
    row = tables.Proposal(
        id=proposal_id,
        number=number(Numbered.PROPOSAL, city_day(now), proposal_id),
        status=ProposalStatus.PROPOSED,
        proposer=name,
        supporters=1,
        threshold=in_force.rule("proposal.support").number,
        made_at=now,
        **wish.model_dump(),
        **_made(by, now),
    )
    session.add(row)
    await session.flush()
    await queries.add_support(session, row.id, name)
    _reached(row, now)
    _note(session, by, "make", row)
    return row


async def support(
    session: AsyncSession, proposal_id: UUID, *, by: Actor, now: datetime
) -> tables.Proposal:
    """Support a proposal of the area where one lives, once."""
    row = await queries.found(session, proposal_id, lock=True)
    in_force = (await ground(session)).at(row.area_code, now)
    must_live_in((await home_of(session, by, in_force, now)).area_code, row.area_code)
    rules.check_support(ProposalStatus(row.status))
    if await queries.add_support(session, row.id, by.alias(Purpose.PROPOSALS)):
        row.supporters += 1
        _reached(row, now)
        _note(session, by, "support", row)
    return row


async def assess(
    session: AsyncSession,
    proposal_id: UUID,
    said: contracts.AssessmentOfProposalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Proposal:
    """Say whether it can be done, and for how much; the reason is public."""
    rules.check_price(said)
    row = await _held(session, proposal_id, version, by)
    wanted = ProposalStatus.FEASIBLE if said.is_feasible else ProposalStatus.INFEASIBLE
    rules.check_step(ProposalStatus(row.status), wanted)
    row.status, row.price_fen, row.assessment = wanted, said.price_fen, said.reason
    row.assessed_at = now
    touch(row, by, now)
    _note(session, by, "assess", row, reason=said.reason)
    return row


async def merge(
    session: AsyncSession,
    proposal_id: UUID,
    said: contracts.MergerIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Proposal:
    """Let a proposal go into another one; who supported this one supports that one."""
    both = await queries.many(session, [proposal_id, said.into_id])
    if said.into_id not in both:
        raise NotFound(what=queries.WHAT, key=said.into_id)
    row, into = await _held(session, proposal_id, version, by), both[said.into_id]
    rules.check_merger(row is into, row.area_code, into.area_code)
    rules.check_step(ProposalStatus(row.status), ProposalStatus.MERGED)
    rules.check_support(ProposalStatus(into.status))
    into.supporters = await queries.take_supporters(session, row.id, into.id)
    _reached(into, now)
    row.status, row.merged_into_id, row.reason = ProposalStatus.MERGED, into.id, said.reason
    row.merged_at = now
    touch(row, by, now)
    _note(session, by, "merge", row, reason=said.reason)
    return row


async def withdraw(
    session: AsyncSession,
    proposal_id: UUID,
    said: contracts.WithdrawalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Proposal:
    """Take back a proposal of one's own."""
    row = await queries.found(session, proposal_id, lock=True)
    if row.proposer != by.alias(Purpose.PROPOSALS):
        raise NotFound(what=queries.WHAT, key=proposal_id)
    must_match(row.version, version)
    await _must_be_free(session, row)
    rules.check_step(ProposalStatus(row.status), ProposalStatus.WITHDRAWN)
    row.status, row.reason, row.withdrawn_at = ProposalStatus.WITHDRAWN, said.reason, now
    row.version += 1
    row.updated_at, row.updated_by = now, row.proposer
    _note(session, by, "withdraw", row, reason=said.reason)
    return row


async def redact(
    session: AsyncSession,
    proposal_id: UUID,
    said: contracts.RedactionIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Proposal:
    """Take out of the public text what names somebody; what it said first is kept, sealed.

    In any status: what names somebody is no less public on a ballot. Its title stands on ballots
    and agendas by itself, and stays while they bind it.
    """
    row = await queries.found(session, proposal_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    if said.title is not None and said.title != row.title:
        await _must_be_free(session, row)
        for agenda_id in await agenda_queries.with_proposal(session, row.id):
            feed.mark(session, Kind.AGENDA, agenda_id)  # that was withdrawn, or another replaced
    if row.original is None:
        original = contracts.OriginalWords(title=row.title, words=row.words)
        row.original = keys.fields.seal(original.model_dump_json(), context=_original(row))
    row.title, row.words = said.title or row.title, said.words
    row.redacted_at, row.redaction_reason = now, said.reason
    touch(row, by, now)
    _note(session, by, "redact", row, reason=said.reason)
    return row


async def original(
    session: AsyncSession, proposal_id: UUID, *, keys: Keys, by: Actor
) -> contracts.OriginalWords:
    """What a proposal said before it was redacted; the look is noted."""
    row = await queries.found(session, proposal_id)
    by.must_cover(row.area_code)
    if row.original is None:
        raise NotFound(what=ORIGINAL, key=proposal_id)
    action, target = f"{KIND}.read_original", (KIND, row.id)
    audit.note_read(session, by, action=action, target=target, area=row.area_code)
    opened = keys.fields.open(row.original, context=_original(row))
    return contracts.OriginalWords.model_validate_json(opened)


def _original(row: tables.Proposal) -> str:
    return place(KIND, "original", row.id)


async def _must_be_known(session: AsyncSession, wish: contracts.ProposalIn) -> None:
    """What a proposal answers, as matching has published it. Raises `WrongProposal`."""
    answers = (
        (Kind.GAP, "/gap_id", wish.gap_id),
        (Kind.COLLECTIVE_NEED, "/collective_need_id", wish.collective_need_id),
    )
    told = Text("没有公布过这一项", "nothing of that id is published")
    wrong = [
        FieldError(at, str(key), told)
        for kind, at, key in answers
        if key is not None and await mirrors.one(session, kind, key) is None
    ]
    if wrong:
        raise rules.WrongProposal(errors=wrong)


async def _held(
    session: AsyncSession, proposal_id: UUID, version: int, by: Actor
) -> tables.Proposal:
    """A proposal of the caller's area at the named version, locked, on no published ballot."""
    row = await queries.found(session, proposal_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    await _must_be_free(session, row)
    return row


async def _must_be_free(session: AsyncSession, row: tables.Proposal) -> None:
    ballot = await queries.ballot_of(session, row.id)
    if ballot is not None:
        raise rules.ProposalOnBallot(number=ballot)
    bound = await queries.bound(session, [row.id])
    if bound:
        raise rules.ProposalBound(number=bound[row.id])


def _reached(row: tables.Proposal, now: datetime) -> None:
    """From the threshold on the street must assess it."""
    if row.status == ProposalStatus.PROPOSED and row.supporters >= row.threshold:
        row.status, row.supported_at = ProposalStatus.SUPPORTED, now


def _made(by: Actor, now: datetime) -> dict[str, Any]:
    """Who made it and when; a resident by the pseudonym for proposals, unlike the one for cases."""
    name = by.alias(Purpose.PROPOSALS)
    return made(by, now) | {"created_by": name, "updated_by": name}


def _note(
    session: AsyncSession, by: Actor, what: str, row: tables.Proposal, *, reason: str | None = None
) -> None:
    is_staff = Role.RESIDENT not in by.roles
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"status": row.status, "price_fen": row.price_fen} if is_staff else None,
        reason=reason,
    )

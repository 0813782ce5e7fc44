"""Votes: set up, published and frozen, withdrawn, disputed and settled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_votes as contracts
from common.contracts.feedback_proposals import WithdrawalIn
from common.contracts.feedback_votes import VoteFailure, VoteStatus
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from common.ids import uuid7
from common.records import made, touch
from common.rules_table import rule_table
from feedback import tables
from feedback.domain import votes as rules
from feedback.domain.ballots import UrnLock, new_key, urns_for
from feedback.domain.numbers import Numbered, number
from feedback.domain.proposals import ProposalBound, obstacle
from feedback.queries import ballots as ballot_queries
from feedback.queries import proposals as proposal_queries
from feedback.queries import votes as queries
from feedback.usecases import pots

KIND: Final = "vote"


class OptionChanged(Conflict):
    """A proposal was assessed anew, or its title redacted, since the vote was set up."""

    slug = "option-changed"
    title = Text("项目已变更", "An option has changed")
    detail = Text(
        "票号 {number} 的提案在设置票决后已重新评估或改了题目；请重新设置票决（POST /v1/votes）。",
        "The proposal with ballot number {number} was assessed anew, or has another title, since"
        " the vote was set up; set it up again (POST /v1/votes).",
    )


async def set_up(
    session: AsyncSession, wish: contracts.VoteIn, *, by: Actor, now: datetime
) -> tables.Vote:
    """A draft of a vote over feasible proposals at their prices."""
    by.must_cover(wish.area_code)
    options = await _options(session, wish)
    in_force = (await rule_table(session)).at(city_day(now), wish.area_code)
    step_fen = wish.step_fen or in_force.rule("vote.increment").number
    costs = {at: row.price_fen or 0 for at, row in enumerate(options, 1)}
    least = in_force.rule(rules.LEAST_BALLOTS).number
    rules.check(wish, step_fen, costs, city_day(now), least=least)
    if fault := await pots.unknown_body(session, wish.pot_approved_by_id):
        raise rules.WrongVote(errors=[fault])
    vote_id = uuid7()
    given = wish.model_dump(exclude={"proposal_ids", "step_fen"})
    row = tables.Vote(
        id=vote_id,
        number=number(Numbered.VOTE, city_day(now), vote_id),
        status=VoteStatus.DRAFT,
        step_fen=step_fen,
        urns=urns_for(wish.electors),
        **given,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    session.add_all(_option(row.id, at, proposal) for at, proposal in enumerate(options, 1))
    await session.flush()
    _note(session, by, "set_up", row)
    return row


async def publish(
    session: AsyncSession, vote_id: UUID, *, version: int, keys: Keys, by: Actor, now: datetime
) -> tables.Vote:
    """Publish: from now on nothing of it changes; the urns stand, empty and sealed."""
    row = await _held(session, vote_id, version, by)
    rules.check_step(VoteStatus(row.status), Text("公布", "publication"), VoteStatus.DRAFT)
    in_force = (await rule_table(session)).at(city_day(now), row.area_code)
    notice = in_force.rule("vote.notice")
    rules.check_notice(row.opens_at, now, notice.number, notice.code)
    rules.check_least(row.ballots_min, in_force.rule(rules.LEAST_BALLOTS).number)
    options = (await queries.options_of(session, [row.id]))[row.id]
    await _must_stand(session, row, options)
    await pots.hold(session, row)
    key = new_key()
    lock = UrnLock(key, row.id, len(options))
    empty = [lock.closed(at, []) for at in range(row.urns)]
    sealed = keys.seal(key, context=place("urn_key", "sealed", row.id))
    await ballot_queries.put_up(session, row.id, sealed, empty)
    row.status, row.published_at = VoteStatus.PUBLISHED, now
    touch(row, by, now)
    _note(session, by, "publish", row)
    return row


async def withdraw(
    session: AsyncSession,
    vote_id: UUID,
    said: WithdrawalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Vote:
    """Take a vote back before its count, with a public reason; its ballots are destroyed unread."""
    row = await _held(session, vote_id, version, by)
    step = Text("撤回", "withdrawal")
    rules.check_step(VoteStatus(row.status), step, VoteStatus.DRAFT, VoteStatus.PUBLISHED)
    await ballot_queries.destroy(session, row.id)
    row.status, row.withdrawn_at = VoteStatus.WITHDRAWN, now
    row.withdrawal_reason = said.reason
    touch(row, by, now)
    _note(session, by, "withdraw", row, reason=said.reason)
    return row


async def dispute(
    session: AsyncSession,
    vote_id: UUID,
    said: contracts.DisputeIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Vote:
    """Put a dispute down: nothing is counted until it is settled."""
    row = await _held(session, vote_id, version, by)
    step = Text("提出争议", "dispute")
    rules.check_step(VoteStatus(row.status), step, VoteStatus.PUBLISHED)
    if rules.in_dispute(row.disputed_at, row.settled_at):
        raise rules.DisputeOpen(reason=row.dispute, vote=row.id)
    row.disputed_at, row.dispute = now, said.reason
    row.settled_at = row.settlement = None
    touch(row, by, now)
    _note(session, by, "dispute", row, reason=said.reason)
    return row


async def settle(
    session: AsyncSession,
    vote_id: UUID,
    said: contracts.SettlementIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Vote:
    """End a dispute. Upheld, the vote has no result and its ballots are destroyed unread."""
    row = await _held(session, vote_id, version, by)
    step = Text("处理争议", "settlement")
    rules.check_step(VoteStatus(row.status), step, VoteStatus.PUBLISHED)
    if not rules.in_dispute(row.disputed_at, row.settled_at):
        raise rules.VoteCannotMove(current=Text("无争议", "not in dispute"), step=step)
    row.settled_at, row.settlement = now, said.reason
    if said.is_upheld:
        await ballot_queries.destroy(session, row.id)
        row.status, row.failure = VoteStatus.FAILED, VoteFailure.DISPUTED
    touch(row, by, now)
    _note(session, by, "settle", row, reason=said.reason)
    return row


async def _held(session: AsyncSession, vote_id: UUID, version: int, by: Actor) -> tables.Vote:
    """A vote of the caller's area at the named version, locked."""
    row = await queries.found(session, vote_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    return row


async def _must_stand(
    session: AsyncSession, vote: tables.Vote, options: Sequence[tables.VoteOption]
) -> None:
    """Raises `OptionChanged` or `ProposalBound`; the proposals are locked."""
    ids = [each.proposal_id for each in options]
    proposals = await proposal_queries.many(session, ids)
    for option in options:
        proposal = proposals[option.proposal_id]
        why = obstacle(proposal.status, proposal.area_code, of=vote.area_code, bound_by=None)
        frozen, stands = (option.title, option.cost_fen), (proposal.title, proposal.price_fen)
        if why is not None or frozen != stands:
            raise OptionChanged(number=option.number)
    for number_of in (await proposal_queries.bound(session, ids)).values():
        raise ProposalBound(number=number_of)


async def _options(session: AsyncSession, wish: contracts.VoteIn) -> list[tables.Proposal]:
    """The proposals of the ballot in its order. Raises `WrongVote`."""
    found = await proposal_queries.many(session, wish.proposal_ids)
    bound = await proposal_queries.bound(session, wish.proposal_ids)
    told = Text("须为已有的提案，且各列一次", "a proposal that is there, each once")
    wrong = []
    for at, each in enumerate(wish.proposal_ids):
        row = found.get(each)
        why: Text | None = told
        if row is not None and each not in wish.proposal_ids[:at]:
            why = obstacle(row.status, row.area_code, of=wish.area_code, bound_by=bound.get(each))
        if why is not None:
            wrong.append(FieldError(f"/proposal_ids/{at}", str(each), why))
    if wrong:
        raise rules.WrongVote(errors=wrong)
    return [found[each] for each in wish.proposal_ids]


def _option(vote_id: UUID, at: int, proposal: tables.Proposal) -> tables.VoteOption:
    return tables.VoteOption(
        vote_id=vote_id,
        number=at,
        proposal_id=proposal.id,
        title=proposal.title,
        category=proposal.category,
        cost_fen=proposal.price_fen,
    )


def _note(
    session: AsyncSession, by: Actor, what: str, row: tables.Vote, *, reason: str | None = None
) -> None:
    facts: dict[str, Any] = {"status": row.status, "pot_fen": row.pot_fen}
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after=facts,
        reason=reason,
    )

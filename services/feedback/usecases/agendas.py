"""Agendas: made from a count or from resolutions, replaced and withdrawn with a public reason."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts import feedback_agendas as contracts
from common.contracts.feedback import AgendaStatus, CountingRule
from common.contracts.feedback_proposals import WithdrawalIn
from common.contracts.feedback_votes import VoteStatus
from common.edge import must_match
from common.errors import FieldError, Text
from common.ids import uuid7, uuid7s
from common.records import made, touch
from feedback import tables
from feedback.domain import agendas as rules
from feedback.domain.numbers import Numbered, number
from feedback.domain.proposals import ProposalBound, obstacle
from feedback.queries import agendas as queries
from feedback.queries import deliberation as deliberation_queries
from feedback.queries import outcomes as outcome_queries
from feedback.queries import proposals as proposal_queries
from feedback.queries import votes as vote_queries
from feedback.usecases import pots

KIND: Final = "agenda"
BY_RESOLUTION: Final = "由会议决议产生，决议见 resolutions。"
POT: Final = ("pot_fen", "pot_document", "pot_approved_by_id", "pot_approved_on")
COPIED: Final = ("title", "category", "service_item_id", "area_code", "target_groups", "gap_id")


async def from_vote(
    session: AsyncSession, wish: contracts.AgendaIn, *, by: Actor, now: datetime
) -> tables.Agenda:
    """The agenda of a counted vote: what was chosen, in that order, at the price of the ballot."""
    vote = await vote_queries.found(session, wish.vote_id, lock=True)
    by.must_cover(vote.area_code)
    if vote.status != VoteStatus.COUNTED or vote.counted_at is None:
        raise rules.VoteNotCounted(number=vote.number, status=vote.status)
    holds_nothing = await queries.gave_back(session, vote.id)  # agendas first, as who replaces one
    items = await _chosen(session, vote)
    if not items:
        raise rules.NothingChosen(number=vote.number)
    ids = [item.proposal_id for item in items]
    for bound_by in (await proposal_queries.bound(session, ids, besides=vote.id)).values():
        raise ProposalBound(number=bound_by)
    wished = [each.proposal_id for each in wish.wished_methods]
    rules.check_wishes(wished, ids)
    methods = {each.proposal_id: each.wished_method for each in wish.wished_methods}
    for item in items:
        item.wished_method = methods.get(item.proposal_id, item.wished_method)
    row = _row(by, now, area_code=vote.area_code, title=wish.title, vote_id=vote.id)
    row.rule, row.decided_at = vote.rule, vote.counted_at
    for name in POT:
        setattr(row, name, getattr(vote, name))
    if holds_nothing:
        await pots.hold(session, row)
    return await _published(session, row, items, by=by)


async def by_resolution(
    session: AsyncSession, wish: contracts.ResolvedAgendaIn, *, by: Actor, now: datetime
) -> tables.Agenda:
    """An agenda of what meetings have decided; each item carries its resolutions."""
    by.must_cover(wish.area_code)
    rules.check_items(wish.items, wish.pot_fen)
    rules.check_pot(wish, city_day(now))
    if fault := await pots.unknown_body(session, wish.pot_approved_by_id):
        raise rules.WrongAgenda(errors=[fault])
    items = await _decided(session, wish.items, of=wish.area_code, reason=BY_RESOLUTION)
    _must_be_resolved(items)
    row = _row(by, now, area_code=wish.area_code, title=wish.title)
    row.rule, row.decided_at = CountingRule.RESOLUTION, now
    for name in (*POT, "pot_total_fen"):
        setattr(row, name, getattr(wish, name))
    await pots.hold(session, row)
    return await _published(session, row, items, by=by)


async def replace(
    session: AsyncSession,
    agenda_id: UUID,
    wish: contracts.ReplacementIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Agenda:
    """Another agenda in the place of this one: within the same pot, and with its public reason.

    What items that were given up held stays given back: others may hold it by now. What stays as
    it was keeps its votes and its reason; what is new or costs something else stands there for the
    reason of the replacement.
    """
    await queries.hold_vote(session, agenda_id)
    old, spent_fen = await _held(session, agenda_id, version, by)
    rules.check_items(wish.items, old.pot_fen, gone_fen=spent_fen + old.freed_fen)
    reason = BY_RESOLUTION if old.vote_id is None else wish.reason
    items = await _decided(session, wish.items, of=old.area_code, reason=reason, besides=old.id)
    if old.vote_id is None:
        _must_be_resolved(items)
    before = {
        each.proposal_id: each for each in (await queries.items_of(session, [old.id]))[old.id]
    }
    for item in items:
        _keep(item, before.get(item.proposal_id))
    row = _row(by, now, area_code=old.area_code, title=old.title, vote_id=old.vote_id)
    row.rule, row.decided_at, row.replaces_id = old.rule, now, old.id
    row.change_reason, row.carried_fen = wish.reason, spent_fen
    for name in POT:
        setattr(row, name, getattr(old, name))
    row.pot_fen -= old.freed_fen
    old.status, old.superseded_by_id = AgendaStatus.SUPERSEDED, row.id
    old.withdrawal_reason = wish.reason
    touch(old, by, now)
    await session.flush()
    feed.mark(session, KIND, old.id)
    return await _published(session, row, items, by=by, reason=wish.reason)


async def withdraw(
    session: AsyncSession,
    agenda_id: UUID,
    said: WithdrawalIn,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Agenda:
    """Take an agenda back before anything of it is bought, with a public reason.

    Its pot gets back what was not spent, as under a contract that ended early.
    """
    row, spent_fen = await _held(session, agenda_id, version, by)
    take_back(session, row, said.reason, spent_fen, by=by, now=now)
    return row


def take_back(
    session: AsyncSession,
    row: tables.Agenda,
    reason: str,
    spent_fen: int,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """End a locked agenda of which nothing is bought any more; it holds what was spent."""
    row.status, row.withdrawn_at = AgendaStatus.WITHDRAWN, now
    row.withdrawal_reason, row.spent_fen = reason, spent_fen
    touch(row, by, now)
    feed.mark(session, KIND, row.id)
    _note(session, by, "withdraw", row, reason)


async def _chosen(session: AsyncSession, vote: tables.Vote) -> list[tables.AgendaItem]:
    """What a vote chose, as items."""
    options = (await vote_queries.options_of(session, [vote.id]))[vote.id]
    results = await vote_queries.results_of(session, [vote.id])
    placed = [(results[vote.id, option.number], option) for option in options]
    chosen = sorted(
        ((result.position, result, option) for result, option in placed if result.position),
        key=lambda each: each[0],
    )
    rows = await _proposals(session, [option.proposal_id for _, _, option in chosen])
    return [
        _item(
            rows[option.proposal_id],
            position=position,
            money_fen=option.cost_fen,
            votes=result.votes,
            reason=result.reason_zh,
        )
        for position, result, option in chosen
    ]


async def _decided(
    session: AsyncSession,
    wishes: Sequence[contracts.ResolvedItemIn],
    *,
    of: str,
    reason: str,
    besides: UUID | None = None,
) -> list[tables.AgendaItem]:
    """Items as they are wished, with the resolutions on their proposals. Raises `WrongAgenda`."""
    ids = [wish.proposal_id for wish in wishes]
    rows = await _proposals(session, ids)
    bound = await proposal_queries.bound(session, ids, besides=besides)
    wrong = [
        FieldError(f"/items/{at}/proposal_id", str(each), why)
        for at, each in enumerate(ids)
        if (row := rows[each][0])
        and (why := obstacle(row.status, row.area_code, of=of, bound_by=bound.get(each)))
    ]
    if wrong:
        raise rules.WrongAgenda(errors=wrong)
    made = []
    for at, wish in enumerate(wishes, 1):
        item = _item(
            rows[wish.proposal_id],
            position=at,
            money_fen=wish.money_fen,
            votes=0,
            reason=reason,
        )
        item.wished_method = wish.wished_method or item.wished_method
        made.append(item)
    return made


def _must_be_resolved(items: Sequence[tables.AgendaItem]) -> None:
    for item in items:
        if not item.resolutions:
            raise rules.NotResolved(title=item.title)


def _keep(item: tables.AgendaItem, before: tables.AgendaItem | None) -> None:
    """Let an item that stood on the agenda before keep what voters gave it."""
    if before is not None:
        item.votes = before.votes
        if item.money_fen == before.money_fen:
            item.reason = before.reason


async def _proposals(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, tuple[tables.Proposal, list[str]]]:
    """Proposals with the numbers of their resolutions. Raises `WrongAgenda`."""
    found = await proposal_queries.many(session, ids)
    told = Text("没有这项提案", "no such proposal")
    wrong = [
        FieldError(f"/items/{at}/proposal_id", str(each), told)
        for at, each in enumerate(ids)
        if each not in found
    ]
    if wrong:
        raise rules.WrongAgenda(errors=wrong)
    areas = {each: found[each].area_code for each in ids}
    resolved = await deliberation_queries.numbers_for(session, areas)
    return {each: (found[each], resolved[each]) for each in ids}


def _item(
    source: tuple[tables.Proposal, list[str]],
    *,
    position: int,
    money_fen: int,
    votes: int,
    reason: str,
) -> tables.AgendaItem:
    proposal, resolutions = source
    return tables.AgendaItem(
        position=position,
        proposal_id=proposal.id,
        money_fen=money_fen,
        wished_method=proposal.wished_method,
        votes=votes,
        reason=reason,
        resolutions=resolutions,
        **{name: getattr(proposal, name) for name in COPIED},
    )


def _row(by: Actor, now: datetime, **values: Any) -> tables.Agenda:
    agenda_id = uuid7()
    return tables.Agenda(
        id=agenda_id,
        number=number(Numbered.AGENDA, city_day(now), agenda_id),
        status=AgendaStatus.PUBLISHED,
        items_fen=0,
        published_at=now,
        **values,
        **made(by, now),
    )


async def _published(
    session: AsyncSession,
    row: tables.Agenda,
    items: Sequence[tables.AgendaItem],
    *,
    by: Actor,
    reason: str | None = None,
) -> tables.Agenda:
    session.add(row)
    await session.flush()
    for item_id, item in zip(uuid7s(len(items)), items, strict=True):
        item.id, item.agenda_id = item_id, row.id
    session.add_all(items)
    await session.flush()
    feed.mark(session, KIND, row.id)
    _note(session, by, "publish", row, reason)
    return row


async def _held(
    session: AsyncSession, agenda_id: UUID, version: int, by: Actor
) -> tuple[tables.Agenda, int]:
    """An agenda in force of the caller's area, locked, of which nothing is being bought.

    With what was spent for it all the same.
    """
    row = await queries.found(session, agenda_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    items = (await queries.items_of(session, [row.id]))[row.id]
    outcomes = await outcome_queries.outcomes(session, [item.id for item in items])
    rules.check_change(
        AgendaStatus(row.status),
        {item.id: item.title for item in items},
        {key: outcome.stage for key, outcome in outcomes.items()},
    )
    return row, rules.spent_so_far(row.carried_fen, outcomes.values())


def _note(
    session: AsyncSession, by: Actor, what: str, row: tables.Agenda, reason: str | None
) -> None:
    audit.note(
        session,
        by,
        action=f"{KIND}.{what}",
        target=(KIND, row.id),
        area=row.area_code,
        after={"number": row.number, "status": row.status, "pot_fen": row.pot_fen}
        | {"spent_fen": row.spent_fen},
        reason=reason,
    )

"""The count: urns opened once, ballots shuffled, the result computed, keys destroyed.

Fail-closed: what does not agree is refused, too few ballots end the vote without a result.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback import CountingRule
from common.contracts.feedback_votes import SheetStatus, VoteFailure, VoteStatus
from common.crypto.fields import place
from common.crypto.keys import Keys
from common.edge import must_match
from common.errors import Conflict, Text
from common.processes import one_apart
from common.records import touch
from common.rules_table import rule_table
from feedback import tables
from feedback.domain import pabulib
from feedback.domain import votes as rules
from feedback.domain.ballots import Choices, UrnLock, read
from feedback.queries import ballots as queries
from feedback.queries import votes as vote_queries

KIND: Final = "vote"
_MANY: Final = 1_000  # ballots: below, the result is there sooner than a process


class BallotsNotPublished(Conflict):
    """Single ballots are published only of a counted vote with enough of them."""

    slug = "ballots-not-published"
    title = Text("选票不公布", "Ballots are not published")
    detail = Text(
        "计票后且有效票达到 {least} 张才公布逐张选票（规则 {rule}）。",
        "Single ballots are published after the count, from {least} on (rule {rule}).",
    )


async def count(
    session: AsyncSession, vote_id: UUID, *, version: int, keys: Keys, by: Actor, now: datetime
) -> tables.Vote:
    """Count a vote that is over, or end it without a result when too few have voted."""
    row = await vote_queries.found(session, vote_id, lock=True)
    by.must_cover(row.area_code)
    must_match(row.version, version)
    _check(row, now)
    options = (await vote_queries.options_of(session, [vote_id]))[vote_id]
    sheets = await queries.sheets(session, vote_id)
    valid = [each for each in sheets if each.status != SheetStatus.VOID]
    row.void_sheets = len(sheets) - len(valid)
    row.replaced_cards = await queries.replaced(session, vote_id)
    ballots = await _ballots(session, row, valid, len(options), keys)
    if len(ballots) < await _least(session, row):
        row.status, row.failure = VoteStatus.FAILED, VoteFailure.TOO_FEW
    else:
        secrets.SystemRandom().shuffle(ballots)
        await _counted(session, row, options, ballots)
        row.counted_at = now
    await queries.destroy(session, vote_id)
    touch(row, by, now)
    audit.note(
        session,
        by,
        action="vote.count",
        target=(KIND, vote_id),
        area=row.area_code,
        after={"status": row.status, "ballots": row.ballots, "cost_fen": row.cost_fen}
        | {"void_sheets": row.void_sheets, "replaced_cards": row.replaced_cards},
    )
    return row


async def _least(session: AsyncSession, row: tables.Vote) -> int:
    """How many ballots a result needs: as the vote says, and the rule on the day it was frozen."""
    day = city_day(row.published_at or row.opens_at)
    rule = (await rule_table(session)).at(day, row.area_code).rule(rules.LEAST_BALLOTS)
    return max(row.ballots_min, rule.number)


def _check(row: tables.Vote, now: datetime) -> None:
    """Whether anything may be counted now."""
    rules.check_step(VoteStatus(row.status), Text("计票", "count"), VoteStatus.PUBLISHED)
    if now < row.closes_at:
        raise rules.VoteNotOver(closes_at=row.closes_at.isoformat())
    if rules.in_dispute(row.disputed_at, row.settled_at):
        raise rules.VoteDisputed(reason=row.dispute)


async def _ballots(
    session: AsyncSession,
    row: tables.Vote,
    sheets: Sequence[tables.PaperSheet],
    options: int,
    keys: Keys,
) -> list[Choices]:
    """All valid ballots: from the urns, and from paper as two people read it."""
    urns = await queries.all_urns(session, row.id)
    sealed = await queries.key_of(session, row.id) or b""
    lock = UrnLock(keys.unseal(sealed, context=place("urn_key", "sealed", row.id)), row.id, options)
    cast = [ballot for urn in urns for ballot in lock.opened(urn.number, urn.sealed)]
    settled = {SheetStatus.AGREED, SheetStatus.SETTLED}
    if open_sheets := [each.sheet for each in sheets if each.status not in settled]:
        raise rules.SheetsUnsettled(sheets=", ".join(map(str, open_sheets[:20])))
    online, paper = await queries.enrolled(session, row.id)
    rules.check_figures(rules.Figures(online, len(cast), paper, len(sheets)))
    on_paper = [tuple(each.settled or each.first) for each in sheets if _is_valid(each)]
    return [*map(read, cast), *on_paper]


def _is_valid(sheet: tables.PaperSheet) -> bool:
    """Nothing chosen on paper is a spoiled ballot."""
    return bool(sheet.first if sheet.settled is None else sheet.settled)


async def _apart(computed: Callable[[], rules.Count]) -> rules.Count:
    """The result, from a process that gives way to those who answer."""
    async with one_apart() as apart:
        return await asyncio.get_running_loop().run_in_executor(apart, computed)


async def _counted(
    session: AsyncSession,
    row: tables.Vote,
    options: Sequence[tables.VoteOption],
    ballots: Sequence[Choices],
) -> None:
    """Compute and write the result; the ballots stand beside it in their random order."""
    costs = {option.number: option.cost_fen for option in options}
    rule = CountingRule(row.rule)
    computed = partial(
        rules.count, rule, costs, ballots, pot_fen=row.pot_fen, step_fen=row.step_fen
    )
    counted = await _apart(computed) if len(ballots) >= _MANY else computed()
    result = counted.result
    placed = {each.project: each.position for each in result.chosen}
    reasons = {each.project: (each.votes, each.reason) for each in result.chosen}
    reasons |= {each.project: (each.votes, each.reason) for each in result.passed}
    for project, (votes, reason) in reasons.items():
        session.add(
            tables.VoteResult(
                vote_id=row.id,
                number=counted.numbers[project],
                votes=votes,
                position=placed.get(project),
                reason_zh=reason.zh,
                reason_en=reason.en,
            )
        )
    await queries.publish(session, row.id, ballots)
    row.status, row.ballots = VoteStatus.COUNTED, len(ballots)
    row.cost_fen, row.steps = result.cost_fen, result.steps


async def exported(session: AsyncSession, vote_id: UUID) -> str:
    """A counted vote with its ballots as a Pabulib file. Raises `BallotsNotPublished`."""
    row = await vote_queries.found(session, vote_id)
    day = city_day(row.counted_at or row.closes_at)
    least = (await rule_table(session)).at(day, row.area_code).rule("vote.publish_ballots")
    if row.status != VoteStatus.COUNTED or (row.ballots or 0) < least.number:
        raise BallotsNotPublished(least=least.number, rule=least.code)
    options = (await vote_queries.options_of(session, [vote_id]))[vote_id]
    titles = await vote_queries.titles_of(session, vote_id)
    results = await vote_queries.results_of(session, [vote_id])
    head = pabulib.Head(
        row.title,
        row.area_code,
        row.number,
        CountingRule(row.rule),
        row.pot_fen,
        row.step_fen,
        row.opens_at,
        row.closes_at,
        row.choices_max,
    )
    listed = [
        pabulib.Option(
            each.number,
            titles[each.number],
            each.cost_fen,
            results[vote_id, each.number].votes,
            results[vote_id, each.number].position is not None,
        )
        for each in options
    ]
    return pabulib.file(head, listed, await queries.counted(session, vote_id))

"""Looking over every purchase: facts read at once, judged by pure guards, findings kept.

What needs a number that nobody has confirmed is not looked at, and the run says so.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.procurement_flags import Guard
from common.rules import RuleNotSet, RulesInForce
from procurement import tables
from procurement.domain.guards import chances, competition, conflicts, prices, territory
from procurement.domain.guards.finding import Contest, Deal, Finding, Look
from procurement.domain.relations import Bond
from procurement.queries import guards as queries
from procurement.usecases import evidence
from procurement.usecases.evidence import Surroundings

# What needs a rule's value, and is not looked at while there is none.
_BY_RULE: Final[dict[Guard, tuple[str, ...]]] = {
    Guard.SPLITTING: ("sh.open_tender",),
}


async def look_over(session: AsyncSession, *, now: datetime) -> tables.GuardRun:
    """Look over all contracts and decided purchases, and keep what was found."""
    deals = await queries.deals(session)
    contests = await queries.contests(session)
    pairs = {(deal.provider_id, deal.buyer_id) for deal in deals}
    rules = await evidence.in_force(session, now)
    around = await evidence.surroundings(session, [*pairs], rules)
    seen = look(deals, contests, around, rules)
    unlooked = [guard for guard, codes in _BY_RULE.items() if seen.blocked & set(codes)]
    await queries.keep(session, seen.findings, unlooked=unlooked, now=now)
    run = tables.GuardRun(
        run_at=now,
        contracts=len(deals),
        tenders=len(contests),
        flags=len({each.key for each in seen.findings}),
        blocked_rules=sorted(seen.blocked),
    )
    session.add(run)
    await session.flush()
    return run


def look(
    deals: Sequence[Deal],
    contests: Sequence[Contest],
    around: Surroundings,
    rules: RulesInForce,
) -> Look:
    """Every guard over everything; a guard without its number is left out and named."""
    bonds: defaultdict[UUID, list[Bond]] = defaultdict(list)
    for bond in around.bonds:
        bonds[bond.provider_id].append(bond)
    rule = rules.rule
    guards: tuple[Callable[[], list[Finding]], ...] = (
        partial(conflicts.incubation, deals, bonds, around.bodies, years=around.years),
        lambda: territory.concentration(
            deals,
            share=rule("guard.concentration.share"),
            excess=rule("guard.concentration.excess"),
            least=rule("guard.concentration.least"),
        ),
        lambda: territory.splitting(deals, threshold=rule("sh.open_tender")),
        lambda: prices.price_outliers(deals, peers=rule("guard.price_peers")),
        lambda: prices.hardware(
            deals, words=rule("guard.hardware.words"), share=rule("guard.hardware.share")
        ),
        partial(competition.contests, contests),
        partial(competition.often_disqualifying, contests),
        partial(competition.often_losing, contests),
        lambda: chances.short_periods(
            contests, lambda method: rules.setting("submission_days", "tender", method=method)
        ),
        lambda: chances.many_categories(
            contests, peers_from=rule("guard.categories"), breadth=rule("guard.categories.least")
        ),
    )
    seen = Look()
    for guard in guards:
        try:
            seen.findings.extend(guard())
        except RuleNotSet as missing:
            seen.blocked.add(str(missing.facts["code"]))
    return seen

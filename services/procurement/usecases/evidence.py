"""Evidence is recorded here, whoever tells it: `record` for what is said, `weigh` when ties change.

Order and duplication change nothing: one source has one say, and saying it again is no news. What
is news is noted for the job that computes ratings, so a writer never waits for a rating.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.procurement_providers import TieKind
from common.contracts.procurement_ratings import Verdict
from common.ids import uuid7
from common.rules import RulesInForce
from procurement.domain.evidence import OFFICIAL, Told, counts_from, is_praise
from procurement.domain.relations import Bodies, Bond, is_related
from procurement.queries import evidence as queries
from procurement.queries import organisations, replies
from procurement.queries.evidence import Source
from procurement.queries.rules import rules_now

REPLY: Final = "rating.reply"
RELATION: Final = "gpl.12.recusal_relation"
CITY: Final = "310000"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Who is tied to whom, and for how many years that counts."""

    bonds: Sequence[Bond]
    certain: Sequence[Bond]
    """Those that do not rest on the provider's word alone."""
    bodies: Bodies
    years: int

    def related(self, provider_id: UUID, buyer_id: UUID | None, day: date, level: int) -> bool:
        """Whether the buyer behind a piece of evidence is partial, as far as it says this."""
        bonds = self.bonds if is_praise(level) else self.certain
        own = [bond for bond in bonds if bond.provider_id == provider_id]
        return is_related(provider_id, buyer_id, own, self.bodies, day=day, years=self.years)


async def record(session: AsyncSession, told: Iterable[Told], *, now: datetime) -> None:
    """Take over what sources say of providers now; of one source the last word counts.

    For the use cases of contract life as for feeds: call it in the transaction of the fact.
    """
    last = {Source(each.provider_id, each.source, each.source_id): each for each in told}
    if not last:
        return
    rules = await in_force(session, now)
    around = await surroundings(
        session, [(each.provider_id, each.buyer_id) for each in last.values()], rules
    )
    appeals = await replies.verdicts(session, [key for key in last if key.source in OFFICIAL])
    rows = [
        row
        for key, each in last.items()
        if appeals.get(key) is not Verdict.UPHELD
        for row in _rows(
            each,
            reply_days=rules.rule(REPLY).number,
            known_on=now,
            around=around,
            is_suspended=each.is_suspended or (key in appeals and appeals[key] is None),
        )
    ]
    await queries.due(session, await queries.replace(session, last, rows, now=now))


async def weigh(session: AsyncSession, provider_id: UUID, *, now: datetime) -> None:
    """Judge anew, after a tie has changed, which buyers are partial towards a provider."""
    rows = await queries.of_provider(session, provider_id)
    pairs = {(provider_id, row["buyer_id"]) for row in rows}
    around = await surroundings(session, pairs, await in_force(session, now))
    changed = []
    for row in rows:
        related = around.related(provider_id, row["buyer_id"], row["happened_on"], row["level"])
        if related != row["is_related"]:
            changed.append({**row, "id": uuid7(), "is_related": related})
    await put(session, changed, now=now)


async def suspend(
    session: AsyncSession, source: Source, *, is_suspended: bool, now: datetime
) -> None:
    """Set a judgement aside while it is appealed, or let it count again."""
    rows = await queries.current(session, [source])
    changed = [{**row, "id": uuid7(), "is_suspended": is_suspended} for row in rows]
    await put(session, changed, now=now)


async def strike(session: AsyncSession, source: Source, *, now: datetime) -> None:
    """Take a judgement back: an appeal against it was upheld."""
    await queries.due(session, await queries.replace(session, [source], [], now=now))


async def put(session: AsyncSession, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Let changed rows take the place of those of the same source and dimension."""
    if not rows:
        return
    spoken = {Source(row["provider_id"], row["source"], row["source_id"]) for row in rows}
    changed = {(row["source_id"], row["dimension"]) for row in rows}
    kept = [
        row
        for row in await queries.current(session, spoken)
        if (row["source_id"], row["dimension"]) not in changed
    ]
    moved = await queries.replace(session, spoken, [*kept, *rows], now=now)
    await queries.due(session, moved)


async def in_force(session: AsyncSession, now: datetime) -> RulesInForce:
    """The rules that hold for evidence, wherever it comes from: those of the city."""
    return (await rules_now(session)).at(city_day(now), CITY)


async def surroundings(
    session: AsyncSession, pairs: Collection[tuple[UUID, UUID | None]], rules: RulesInForce
) -> Surroundings:
    """Ties and superiors around providers and buyers."""
    rows = await queries.ties(session, {provider for provider, _ in pairs})
    told = [
        (Bond(row.provider_id, row.organisation_id, TieKind(row.kind), row.from_on, row.to_on), row)
        for row in rows
    ]
    bonds = [bond for bond, _ in told]
    certain = [bond for bond, row in told if not row.is_own_word]
    ids = {buyer for _, buyer in pairs if buyer is not None}
    bodies = await organisations.bodies(session, ids | {bond.organisation_id for bond in bonds})
    return Surroundings(bonds, certain, bodies, rules.rule(RELATION).number)


def _rows(
    told: Told, *, reply_days: int, known_on: datetime, around: Surroundings, is_suspended: bool
) -> list[dict[str, Any]]:
    return [
        {
            "provider_id": told.provider_id,
            "id": uuid7(),
            "source": told.source.value,
            "source_id": told.source_id,
            "category": told.category,
            "dimension": dimension.value,
            "level": level,
            "buyer_id": told.buyer_id,
            "contract_id": told.contract_id,
            "document": told.document,
            "happened_on": told.happened_on,
            "counts_from_on": counts_from(told.source, city_day(known_on), reply_days),
            "is_related": around.related(told.provider_id, told.buyer_id, told.happened_on, level),
            "is_suspended": is_suspended,
        }
        for dimension, level in told.levels.items()
    ]

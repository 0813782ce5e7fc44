"""Load files, purchases and contracts: `python -m procurement.demo.load --offerings FILE`.

They go through the same use cases as staff's, each step at its own day: what the law refuses is
refused here, too. A street is one transaction. `PROCUREMENT_DATABASE_URL` is where.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import ALL_LINES, Actor
from common.auth.roles import ActorKind, Role
from common.clock import city_day, utc_now
from common.contracts.procurement_budgets import BudgetLineIn
from common.contracts.procurement_contracts import ContractIn, FundingIn
from common.contracts.procurement_elsewhere import PlatformRecordIn
from common.contracts.procurement_tenders import TenderIn
from common.contracts.registry.organisations import OrganisationState
from common.contracts.rules import RuleSetting
from common.db import database
from common.demo import LOADER, NOTE, DemoOffering, offerings_of
from common.rules_setting import set_value
from common.rules_table import RuleRow
from procurement import tables
from procurement.demo.providers import open_files
from procurement.demo.purchases import DemoPurchase, contract, purchases_of, record, tender
from procurement.settings import LOCAL_PREFIX, Settings
from procurement.usecases import budgets, contracts, elsewhere, funding, tenders

Sessions = async_sessionmaker[AsyncSession]

BY: Final = Actor(
    "linli", LOADER, ActorKind.SERVICE, frozenset({Role.CITY_OFFICE}), area="31", line=ALL_LINES
)
SEED: Final = 20_261_123
LIMIT: Final = "sh.dispersed"
LIMIT_FEN: Final = 100_000_000
CATALOGUE: Final = "catalogue.guidance"


async def load(
    sessions: Sessions,
    offerings: Sequence[DemoOffering],
    organisations: Sequence[OrganisationState],
    *,
    prefix: str,
    now: datetime,
) -> dict[str, int]:
    """The providers' files, every street's purchases; how many records of each kind."""
    made = list(purchases_of(offerings, seed=SEED, now=now))
    counts: Counter[str] = Counter()
    counts["provider"] = await open_files(sessions, offerings, organisations, by=BY, now=now)
    async with sessions.begin() as session:
        await _set_rules(session, sorted({each.category for each in offerings}), now=now)
    for _, own in groupby(made, lambda each: each.street):
        async with sessions.begin() as session:
            for purchase in own:
                counts.update(await _buy(session, purchase, prefix=prefix))
    return dict(counts)


async def _set_rules(session: AsyncSession, categories: Sequence[str], *, now: datetime) -> None:
    """Numbers that only somebody with authority may set; what is set already stays."""
    values = {LIMIT: LIMIT_FEN, CATALOGUE: ",".join(categories)}
    unset = select(RuleRow).where(RuleRow.code.in_(values), RuleRow.value.is_(None))
    for row in [*await session.scalars(unset)]:
        setting = RuleSetting(value=values[row.code], reason=f"{NOTE}：由市级部门核定")
        await set_value(session, row.id, setting, version=row.version, by=BY, now=now)


async def _buy(session: AsyncSession, purchase: DemoPurchase, *, prefix: str) -> list[str]:
    """One purchase as far as it has come; the kinds of what was made."""
    begun = purchase.intended_at
    line = await budgets.open_line(session, _line(purchase), by=BY, now=begun)
    wish = TenderIn.model_validate(tender(purchase))
    row = await tenders.prepare(session, wish, prefix=prefix, by=BY, now=begun)
    draws = {"draws": [{"line_id": line.id, "value_fen": purchase.budget_fen}]}
    await funding.fund(session, row.id, FundingIn.model_validate(draws), by=BY, now=begun)
    row = await tenders.intend(session, row.id, version=row.version, by=BY, now=begun)
    if not purchase.is_conducted:
        return ["tender"]
    told = PlatformRecordIn.model_validate(record(purchase))
    taken_over_at = purchase.after(54)
    await elsewhere.take_over(session, row.id, told, version=row.version, by=BY, now=taken_over_at)
    if purchase.has_failed:
        return ["tender"]
    await _contract(session, purchase, row, line)
    return ["tender", "contract"]


async def _contract(
    session: AsyncSession, purchase: DemoPurchase, row: tables.Tender, line: tables.BudgetLine
) -> None:
    """Drawn up, signed by both and published, day after day."""
    award = (
        await session.scalars(select(tables.Award).where(tables.Award.tender_id == row.id))
    ).one()
    wanted = ContractIn.model_validate(contract(purchase, award.id, line.id))
    made = await contracts.draw_up(session, wanted, by=BY, now=purchase.after(57))
    provider = replace(BY, roles=frozenset({Role.PROVIDER}), org=made.provider_id)
    for by, days in ((provider, 58), (BY, 59)):
        made = await contracts.sign(
            session, made.id, version=made.version, by=by, now=purchase.after(days)
        )
    await contracts.publish(session, made.id, version=made.version, by=BY, now=purchase.after(60))


def _line(purchase: DemoPurchase) -> BudgetLineIn:
    return BudgetLineIn(
        code=f"{purchase.number[3:9]}{purchase.number[-2:]}",
        year=city_day(purchase.intended_at).year,
        title=f"{NOTE} 社区服务",
        area_code=purchase.street,
        buyer_id=purchase.buyer_id,
        source="government_purchase",
        document=f"{NOTE}〔{city_day(purchase.intended_at).year}〕1号",
        planned_fen=purchase.budget_fen,
    )


async def _main(offerings: Path, organisations: Path) -> None:
    settings = Settings()
    prefix = settings.ocid_prefix or LOCAL_PREFIX
    made = list(offerings_of(offerings))
    with organisations.open("rb") as file:
        bodies = [OrganisationState.model_validate_json(line) for line in file]
    async with database(settings.database_url, pool_size=1) as opened:
        counts = await load(opened.sessions, made, bodies, prefix=prefix, now=utc_now())
    told = " ".join(f"{kind}={number}" for kind, number in counts.items())
    sys.stdout.write(f"{NOTE} / demo data: {told}\n")


def main() -> None:
    """Load what each street bought."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offerings", type=Path, required=True)
    parser.add_argument("--organisations", type=Path, required=True)
    wanted = parser.parse_args()
    asyncio.run(_main(wanted.offerings, wanted.organisations))


if __name__ == "__main__":
    main()

"""Load needs and referrals: `python -m matching.demo.load --offerings FILE --needs 20000`.

One transaction: all of it or nothing. Rows go in by COPY, under the same constraints as any other;
each record is marked for its feed, the log says what was loaded. `MATCHING_DATABASE_URL` is where.
"""

import argparse
import asyncio
import sys
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import ALL_LINES, Actor
from common.auth.roles import ActorKind, Role
from common.bulk import copy
from common.clock import utc_now
from common.contracts.matching import NeedStatus, UnmetReason
from common.db import database, flush_journal
from common.demo import LOADER, NOTE, DemoOffering, offerings_of
from common.ids import uuid7s
from matching import tables
from matching.demo.needs import DemoNeed, needs_of
from matching.demo.rows import Rows
from matching.settings import Settings
from matching.usecases.tiers import in_force

BY: Final = Actor(
    "linli", LOADER, ActorKind.SERVICE, frozenset({Role.CITY_OFFICE}), area="31", line=ALL_LINES
)
BATCH: Final = 20_000
SEED: Final = 20_261_123
CITY: Final = "310000000000"


async def load(
    session: AsyncSession, offerings: list[DemoOffering], count: int, *, now: datetime
) -> dict[str, int]:
    """So many needs with what became of them; how many records of each kind."""
    made = Rows(list(await in_force(session, CITY, now)), now)
    needs = needs_of(offerings, count, seed=SEED, now=now)
    counts = {"need": 0, "referral": 0}
    while batch := [_placed(made, need) for need in islice(needs, BATCH)]:
        served = await _store(session, made, batch)
        counts["need"] += len(batch)
        counts["referral"] += served
    known = {offering.id: offering for offering in offerings}
    await copy(session, tables.Capacity, made.capacities(known))
    audit.note(session, BY, action="demo.load", target=("need", None), after=counts)
    return counts


def _placed(made: Rows, need: DemoNeed) -> DemoNeed:
    """The need as it can be: nobody is served where no place was left."""
    if need.status is not NeedStatus.SERVED or made.take_place(need):
        return need
    return replace(need, status=NeedStatus.UNMET, unmet_reason=UnmetReason.ALL_PLACES_TAKEN)


async def _store(session: AsyncSession, made: Rows, batch: list[DemoNeed]) -> int:
    """Needs, profiles and referrals of a batch, marked for their feeds; how many were served."""
    ids = uuid7s(len(batch))
    served = [
        (need_id, need)
        for need_id, need in zip(ids, batch, strict=True)
        if need.status is NeedStatus.SERVED
    ]
    referrals = uuid7s(len(served))
    paired = list(zip(ids, batch, strict=True))
    await copy(session, tables.Need, (made.need(*each) for each in paired))
    await copy(session, tables.Profile, (made.profile(*each) for each in paired))
    rows = (made.referral(own, *each) for own, each in zip(referrals, served, strict=True))
    await copy(session, tables.Referral, rows)
    feed.mark_many(session, "need", ids)
    feed.mark_many(session, "referral", referrals)
    await flush_journal(session)
    return len(served)


async def _main(offerings: Path, count: int) -> None:
    settings = Settings()
    made = list(offerings_of(offerings))
    async with (
        database(settings.database_url, pool_size=1) as opened,
        opened.sessions.begin() as session,
    ):
        counts = await load(session, made, count, now=utc_now())
    told = " ".join(f"{kind}={number}" for kind, number in counts.items())
    sys.stdout.write(f"{NOTE} / demo data: {told}\n")


def main() -> None:
    """Load as many as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offerings", type=Path, required=True)
    parser.add_argument("--needs", type=int, required=True)
    wanted = parser.parse_args()
    asyncio.run(_main(wanted.offerings, wanted.needs))


if __name__ == "__main__":
    main()

"""Load ratings, or cases with votes: `python -m feedback.demo.load --offerings FILE --cases 4000`.

Ratings and cases are one transaction each: all of it or nothing. Rows go in by COPY, under the same
constraints as any other; each record is marked for its feed, a rating is counted, a bad one has its
loop, a case its clock and steps. Votes are held by the use cases.
"""

import argparse
import asyncio
import sys
from collections import Counter
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
from common.crypto.keys import Keys
from common.db import database, flush_journal
from common.demo import LOADER, NOTE, DemoOffering, offerings_of
from common.ids import timeless_id, uuid7s
from feedback import tables
from feedback.demo.case_rows import CaseRows, Written
from feedback.demo.cases import cases_of
from feedback.demo.ratings import DemoRating, ratings_of
from feedback.demo.rows import Rows
from feedback.demo.votes import decide
from feedback.queries.ground import ground
from feedback.settings import Settings
from feedback.worker import add_up

BY: Final = Actor(
    "linli", LOADER, ActorKind.SERVICE, frozenset({Role.CITY_OFFICE}), area="31", line=ALL_LINES
)
BATCH: Final = 20_000
SEED: Final = 20_261_123


async def load(
    session: AsyncSession, offerings: list[DemoOffering], count: int, *, now: datetime
) -> dict[str, int]:
    """So many ratings with the services they are of; how many records of each kind."""
    made = Rows(await ground(session), now)
    ratings = ratings_of(offerings, count, seed=SEED, now=now)
    counts: Counter[str] = Counter()
    while batch := list(islice(ratings, BATCH)):
        bad = await _store(session, made, batch)
        counts.update(rating=len(batch), bad_rating=bad)
    await copy(session, tables.TallyChange, made.changes())
    audit.note(session, BY, action="demo.load", target=("rating", None), after=dict(counts))
    return dict(counts)


async def _store(session: AsyncSession, made: Rows, batch: list[DemoRating]) -> int:
    """Deliveries, ratings and loops of a batch, marked for the feed; how many were bad."""
    ids = [timeless_id() for _ in batch]
    triples = list(zip(uuid7s(len(batch)), ids, batch, strict=True))
    rows = [made.rating(*each) for each in triples]
    loops = [made.loop(row) for row in rows if made.is_bad(row)]
    await copy(session, tables.Delivery, (made.delivery(*each) for each in triples))
    await copy(session, tables.Rating, rows)
    await copy(session, tables.BadRating, loops)
    feed.mark_many(session, "rating", ids)
    await flush_journal(session)
    return len(loops)


async def load_cases(
    session: AsyncSession,
    offerings: list[DemoOffering],
    count: int,
    *,
    keys: Keys,
    now: datetime,
) -> dict[str, int]:
    """So many cases with their clocks and steps; how many records of each kind."""
    made = CaseRows(await ground(session), keys, now)
    cases = cases_of(offerings, count, seed=SEED, now=now)
    counts: Counter[str] = Counter()
    while batch := list(islice(cases, BATCH)):
        ids = uuid7s(len(batch))
        written = [made.written(*each) for each in zip(ids, batch, strict=True)]
        counts.update(await _store_cases(session, written))
        feed.mark_many(session, "case", ids)
        await flush_journal(session)
    audit.note(session, BY, action="demo.load", target=("case", None), after=dict(counts))
    return dict(counts)


async def _store_cases(session: AsyncSession, written: list[Written]) -> dict[str, int]:
    steps = [step for each in written for step in each.steps]
    escalations = [rung for each in written for rung in each.escalations]
    await copy(session, tables.Case, (each.case for each in written))
    await copy(session, tables.CaseClock, (each.clock for each in written))
    await copy(session, tables.CaseStep, steps)
    await copy(session, tables.CaseEscalation, escalations)
    return {"case": len(written), "case_step": len(steps), "case_escalation": len(escalations)}


async def _main(offerings: Path, ratings: int, cases: int) -> None:
    settings, now = Settings(), utc_now()
    keys, made = Keys.load(settings), list(offerings_of(offerings))
    async with database(settings.database_url, pool_size=1) as opened:
        sessions = opened.sessions
        counts: dict[str, int] = {}
        if ratings:
            async with sessions.begin() as session:
                counts |= await load(session, made, ratings, now=now)
            await add_up(sessions, batch=None)  # in one statement: nobody waits for these rows
        if cases:
            async with sessions.begin() as session:
                counts |= await load_cases(session, made, cases, keys=keys, now=now)
            counts |= await decide(sessions, made, keys=keys, by=BY, seed=SEED, now=now)
    told = " ".join(f"{kind}={number}" for kind, number in counts.items())
    sys.stdout.write(f"{NOTE} / demo data: {told}\n")


def main() -> None:
    """Load as many as are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--offerings", type=Path, required=True)
    parser.add_argument("--ratings", type=int, default=0)
    parser.add_argument("--cases", type=int, default=0, help="votes go with them")
    wanted = parser.parse_args()
    asyncio.run(_main(wanted.offerings, wanted.ratings, wanted.cases))


if __name__ == "__main__":
    main()

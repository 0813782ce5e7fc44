"""Facets against a scan by hand: every count is what the list with that filter walks through."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.facets import Facet
from common.contracts.vocabulary import PriceKind
from common.db import database
from registry.queries.facets import facets
from registry.queries.finding import Near
from registry.queries.offerings import Filters
from registry.searching.answers import counted_at_once, facets_of
from registry.searching.documents import Documents
from registry.searching.reading import read_anew
from registry.searching.shelf import Shelf
from tests.harness import Databases
from tests.registry.crowd import CENTRE, Crowd, crowd

PUBLIC = Actor.anonymous()


@pytest.fixture(scope="module")
async def found(databases: Databases) -> AsyncIterator[tuple[AsyncSession, Crowd]]:
    with databases.fresh("registry") as urls:
        async with database(urls.owner, pool_size=1) as opened:
            async with opened.sessions.begin() as session:
                made = await crowd(session, venues=100, offerings=1_000)
            async with opened.sessions() as session:
                yield session, made


def published(made: Crowd) -> list[dict[str, Any]]:
    return [row for row in made.offerings if row["status"] == "published"]


def counts(listed: list[Facet]) -> dict[str, int]:
    return {each.code: each.count for each in listed}


async def test_facets_count_what_a_scan_counts(found: tuple[AsyncSession, Crowd]) -> None:
    session, made = found
    rows = published(made)
    told = await facets(session, PUBLIC, Filters())
    assert told.total == len(rows)
    assert counts(told.price_kinds) == Counter(row["price_kind"] for row in rows)
    assert counts(told.areas) == Counter(row["area_code"][:6] for row in rows)


async def test_a_word_counts_what_lies_under_it_and_each_offering_once(
    found: tuple[AsyncSession, Crowd],
) -> None:
    session, made = found
    told = counts((await facets(session, PUBLIC, Filters())).categories)
    steps = Counter(step for row in published(made) for step in row["category_path"].split("/"))
    assert told == steps


async def test_areas_are_of_the_level_below_the_area_asked_for(
    found: tuple[AsyncSession, Crowd],
) -> None:
    session, made = found
    codes = [row["area_code"] for row in published(made)]
    for asked, digits in (("31", 6), (codes[0][:6], 9), (codes[0][:9], 12), (codes[0], 12)):
        told = await facets(session, PUBLIC, Filters(area=asked))
        inside = Counter(code[:digits] for code in codes if code.startswith(asked))
        assert counts(told.areas) == inside


class Read:
    """An index that was read once."""

    age_s = 0

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = self.level = shelf
        self.documents = Documents()

    async def current(self, _: AsyncSession) -> Shelf:
        return self.shelf


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(area="310101"),
        Filters(price_kind=PriceKind.FREE),
        Filters(price_max_fen=1_000, category="eldercare"),
        Filters(group="elderly", near=Near(*CENTRE, 3_000)),
        Filters(category="no_such"),
    ],
)
async def test_the_index_in_memory_counts_what_the_tables_count(
    found: tuple[AsyncSession, Crowd], filters: Filters
) -> None:
    session, _ = found
    index = Read(await read_anew(session))

    told = await facets_of(index, session, filters)
    at_once = counted_at_once(index, filters)

    assert told == await facets(session, PUBLIC, filters)
    assert at_once == told.model_dump_json().encode()


async def test_words_for_the_same_thing_are_told(found: tuple[AsyncSession, Crowd]) -> None:
    session, _ = found
    index = Read(await read_anew(session))

    told = await facets_of(index, session, Filters(words="长者食堂"))

    assert told.also_searched[:2] == ["助餐点", "社区食堂"]
    assert told.total == (await facets_of(index, session, Filters(words="社区食堂"))).total > 0


@pytest.mark.parametrize(
    "filters",
    [
        Filters(price_kind=PriceKind.FREE),
        Filters(near=Near(*CENTRE, 1_500)),
        Filters(words="助餐"),
        Filters(words="🍚"),
    ],
    ids=["price", "near", "words", "emoji"],
)
async def test_every_facet_adds_up_within_the_filters(
    found: tuple[AsyncSession, Crowd], filters: Filters
) -> None:
    session, _ = found
    told = await facets(session, PUBLIC, filters)
    assert told.total == sum(counts(told.areas).values())
    assert told.total == sum(counts(told.price_kinds).values())
    for listed in (told.categories, told.target_groups, told.areas):
        assert all(0 < each.count <= told.total for each in listed)

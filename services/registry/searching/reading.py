"""From rows of the database to what the shelf and the searches need."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day, utc_now
from common.contracts.registry.dictionaries import Dictionary
from common.text import fold
from registry.domain.searching import groups_of
from registry.queries import shelving
from registry.searching.entries import Entry
from registry.searching.shelf import Shelf
from registry.searching.words import Word, Words


def shelved(rows: Iterable[Row[Any]]) -> list[Entry]:
    """Rows of `queries.shelving`, whose columns stand in the order of an entry."""
    return [Entry._make(row) for row in rows]


async def read_words(session: AsyncSession, *, on: date | None = None) -> Words:
    """The dictionaries that a search reads, as they stand today or on a day."""
    entries: dict[Dictionary, dict[str, Word]] = defaultdict(dict)
    alike: dict[str, list[str]] = defaultdict(list)
    for row in await shelving.words(session, on=on or city_day(utc_now())):
        path = row.path.split("/")
        entries[Dictionary(row.dictionary)][row.code] = Word(path, row.name_zh, row.name_en)
        if row.dictionary == Dictionary.SYNONYM:
            alike[path[0]].append(fold(row.name_zh))
    return Words(entries, groups_of(alike.values()))


async def read_anew(session: AsyncSession) -> Shelf:
    """All that is published now, for a search on a database that nobody follows."""
    shelf = Shelf(await read_words(session))
    async for rows in shelving.walk(session):
        shelf.put(shelved(rows))
    return shelf

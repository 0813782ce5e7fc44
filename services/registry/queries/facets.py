"""How many offerings lie under each category, group, price kind and area: one pass, exact."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.facets import Facet, OfferingFacets
from common.contracts.vocabulary import PriceKind
from registry import tables
from registry.queries.offerings import Filters, O, matching

E, A = tables.DictionaryEntry, tables.Area
_CATEGORY, _GROUPS, _PRICE, _AREA = 7, 11, 13, 14  # what GROUPING says of each set
PRICE_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    PriceKind.FREE: ("免费", "free"),
    PriceKind.PUBLIC: ("公益", "public-interest price"),
    PriceKind.MARKET: ("市场", "market price"),
}


class _Word(NamedTuple):
    """A word of a dictionary: the codes from the root to it, and its names."""

    path: list[str]
    name_zh: str
    name_en: str


async def facets(session: AsyncSession, actor: Actor, filters: Filters) -> OfferingFacets:
    """The counts within all filters; areas are of the level below the one asked for.

    A word counts the offerings under it, each once, as its own filter would find them.
    """
    digits = level_below(filters.area)
    rows = await _counted(session, actor, filters, digits)
    areas = {row.area: row.found for row in rows if row.kind == _AREA}
    groups = [(row.groups, row.found) for row in rows if row.kind == _GROUPS]
    categories = [([row.category], row.found) for row in rows if row.kind == _CATEGORY]
    prices = {row.price: row.found for row in rows if row.kind == _PRICE and row.price}
    return OfferingFacets(
        total=sum(areas.values()),
        categories=_rolled_up(categories, await _words(session, Dictionary.SERVICE_CATEGORY)),
        target_groups=_rolled_up(groups, await _words(session, Dictionary.TARGET_GROUP)),
        price_kinds=listed_by_count(prices, PRICE_NAMES),
        areas=listed_by_count(areas, await area_names(session, areas)),
        also_searched=[],
    )


async def _counted(
    session: AsyncSession, actor: Actor, filters: Filters, digits: int
) -> list[Row[Any]]:
    area = func.left(O.area_code, literal_column(str(digits)))
    asked = (
        matching(actor, filters)
        .add_columns(
            O.category.label("category"),
            O.target_groups.label("groups"),
            O.price_kind.label("price"),
            area.label("area"),
        )
        .subquery()
    )
    each = (asked.c.category, asked.c.groups, asked.c.price, asked.c.area)
    statement = select(
        *each, func.grouping(*each).label("kind"), func.count().label("found")
    ).group_by(func.grouping_sets(*each))
    return list(await session.execute(statement))


def level_below(area: str | None) -> int:
    """Significant digits: districts in the city, towns in a district, neighbourhoods in a town."""
    asked = len(area or "")
    return next(digits for digits in (6, 9, 12) if digits > asked or digits == 12)


async def _words(session: AsyncSession, dictionary: Dictionary) -> dict[str, _Word]:
    statement = select(E.code, E.path, E.name_zh, E.name_en).where(E.dictionary == dictionary)
    return {
        row.code: _Word(row.path.split("/"), row.name_zh, row.name_en)
        for row in await session.execute(statement)
    }


async def area_names(session: AsyncSession, found: Iterable[str]) -> dict[str, tuple[str, None]]:
    """The present names of areas, by the digits that were counted."""
    codes = [code.ljust(12, "0") for code in found]
    statement = select(A.code, A.name).where(A.code.in_(codes)).order_by(A.valid_from)
    named = {row.code: row.name for row in await session.execute(statement)}
    return {code: (named.get(code.ljust(12, "0"), code), None) for code in found}


def _rolled_up(counted: Iterable[tuple[list[str], int]], words: Mapping[str, _Word]) -> list[Facet]:
    """Counts of words and of all words above them; an offering counts once for each."""
    counts: Counter[str] = Counter()
    for codes, count in counted:
        above = {step for code in codes for step in (words[code].path if code in words else [code])}
        counts.update(dict.fromkeys(above, count))
    return listed_by_count(
        counts, {code: (word.name_zh, word.name_en) for code, word in words.items()}
    )


def listed_by_count(
    counts: Mapping[str, int], names: Mapping[str, tuple[str, str | None]]
) -> list[Facet]:
    """Most first, then by code."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Facet(code=code, count=count, name_zh=zh, name_en=en)
        for code, count in ordered
        for zh, en in [names.get(code, (code, None))]
    ]

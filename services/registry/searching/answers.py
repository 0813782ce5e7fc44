"""From a question to the bytes of its answer, without the database where all is known."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.facets import OfferingFacets
from common.geo import METRES_PER_DEGREE, System
from common.paging import token
from common.text import known_words
from registry.queries.facets import PRICE_NAMES, area_names, level_below, listed_by_count
from registry.queries.finding import Key
from registry.queries.offerings import Filters
from registry.searching.documents import Documents
from registry.searching.shelf import Shelf


class Searched(Protocol):
    """The index of a process, as an answer needs it."""

    documents: Documents

    async def current(self, session: AsyncSession) -> Shelf:
        """The index as it stands."""
        ...

    @property
    def age_s(self) -> int:
        """Seconds since it was last known to be level with the database."""
        ...


async def _index(request: Request) -> Searched:
    found: Searched = request.state.own
    return found


Index = Annotated[Searched, Depends(_index)]


def is_shelved(wanted: Filters) -> bool:
    """Whether the index can answer: what is published, not by one external code."""
    return wanted.code is None and wanted.status in {None, "published"}


async def listed(
    index: Searched,
    session: AsyncSession,
    wanted: Filters,
    *,
    after: Key | None,
    limit: int,
    system: System,
) -> Response:
    """A page of what is found, with the token of the next; `Age` tells how old the index is."""
    shelf = await index.current(session)
    found = shelf.matching(wanted)
    key: Any = after
    if wanted.near is None:
        rows = shelf.page(found, key, limit + 1)
        ranks: list[Any] = [shelf.key(row)[0] for row in rows]
        told = [b"null}"] * len(rows)
    else:
        spots = shelf.nearest(found, wanted.near, key, limit + 1)
        rows, ranks = [spot.row for spot in spots], [spot.distance for spot in spots]
        told = [b"%r}" % (spot.distance * METRES_PER_DEGREE) for spot in spots]
    ids = shelf.ids_of(rows)
    bodies = await index.documents.of(session, ids[:limit], system)
    items = [
        bodies[each] + far for each, far in zip(ids[:limit], told, strict=False) if each in bodies
    ]
    following = b"null"
    if len(rows) > limit:
        following = b'"%s"' % token(ranks[limit - 1], ids[limit - 1]).encode()
    return Response(
        b'{"items":[%s],"next":%s}' % (b",".join(items), following),
        media_type="application/json",
        headers={"Age": str(index.age_s)},
    )


async def having(
    index: Searched, session: AsyncSession, words: str | None
) -> Sequence[UUID] | None:
    """The published offerings that have some words; None when no words are asked."""
    if words is None:
        return None
    shelf = await index.current(session)
    return shelf.ids_of(shelf.matching(Filters(words=words)))


async def counted(index: Searched, session: AsyncSession, wanted: Filters) -> Response:
    """The counts within all filters, as the bytes of the answer."""
    facets = await facets_of(index, session, wanted)
    return Response(
        facets.model_dump_json().encode(),
        media_type="application/json",
        headers={"Age": str(index.age_s)},
    )


async def facets_of(index: Searched, session: AsyncSession, wanted: Filters) -> OfferingFacets:
    """The counts within all filters; areas are of the level below the one asked for."""
    shelf = await index.current(session)
    words = shelf.words
    found = shelf.around(shelf.matching(wanted), wanted.near)
    digits = level_below(wanted.area)
    level = f"area{digits}"
    below = [code for code in shelf.values(level) if code.startswith(wanted.area or "")]
    areas = shelf.counts(found, level, below)
    categories, groups = words.of(Dictionary.SERVICE_CATEGORY), words.of(Dictionary.TARGET_GROUP)
    return OfferingFacets(
        total=len(found),
        categories=listed_by_count(shelf.counts(found, "category", categories), _named(categories)),
        target_groups=listed_by_count(shelf.counts_under(found, groups), _named(groups)),
        price_kinds=listed_by_count(shelf.counts(found, "price", PRICE_NAMES), PRICE_NAMES),
        areas=listed_by_count(areas, await _area_names(session, shelf, areas)),
        also_searched=_also_searched(shelf, wanted.words),
    )


async def _area_names(
    session: AsyncSession, shelf: Shelf, codes: Iterable[str]
) -> dict[str, tuple[str, None]]:
    """The names of areas, read once and kept until an area changes."""
    known = shelf.area_names
    if missing := [code for code in codes if code not in known]:
        known |= {code: name for code, (name, _) in (await area_names(session, missing)).items()}
    return {code: (known[code], None) for code in codes}


def _named(words: Any) -> dict[str, tuple[str, str | None]]:
    return {code: (word.name_zh, word.name_en) for code, word in words.items()}


def _also_searched(shelf: Shelf, asked: str | None) -> list[str]:
    """The words for the same thing that were searched as well."""
    if asked is None:
        return []
    groups = shelf.words.synonyms
    known = known_words(asked, groups)
    return [other for word in known for other in groups[word] if other != word]

"""From a question to the bytes of its answer, without the database where all is known."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol, cast
from uuid import UUID

from fastapi import Depends, Response
from pyroaring import BitMap
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
    def level(self) -> Shelf | None:
        """The index where it holds all that is known here; None while something is being read."""
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


class Found(NamedTuple):
    """A page of what was found: offerings, how far each is as its document ends, and what follows.

    `following` is the token of the next page as JSON.
    """

    ids: Sequence[UUID]
    told: Sequence[bytes]
    following: bytes

    def body(self, documents: Mapping[UUID, bytes]) -> bytes:
        """The page as JSON; whatever has no document any more is left out."""
        items = [
            documents[each] + far
            for each, far in zip(self.ids, self.told, strict=True)
            if each in documents
        ]
        return b'{"items":[%s],"next":%s}' % (b",".join(items), self.following)


def found_in(shelf: Shelf, wanted: Filters, *, after: Key | None, limit: int) -> Found:
    """The page after a key; its order is the list's, or nearness where a point is asked about."""
    found, key = shelf.matching(wanted), cast(Any, after)
    if wanted.near is None:
        rows = shelf.page(found, key, limit + 1)
        ranks: list[Any] = [shelf.key(row)[0] for row in rows[limit - 1 : limit]]
        told = [b"null}"] * len(rows)
    else:
        spots = shelf.nearest(found, wanted.near, key, limit + 1)
        rows, ranks = [spot.row for spot in spots], [s.distance for s in spots[limit - 1 : limit]]
        told = [b"%r}" % (spot.distance * METRES_PER_DEGREE) for spot in spots]
    ids, following = shelf.ids_of(rows), b"null"
    if len(rows) > limit:
        following = b'"%s"' % token(*ranks, ids[limit - 1]).encode()
    return Found(ids[:limit], told[:limit], following)


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
    found = found_in(await index.current(session), wanted, after=after, limit=limit)
    documents = await index.documents.of(session, found.ids, system)
    return Response(
        found.body(documents), media_type="application/json", headers={"Age": str(index.age_s)}
    )


def listed_at_once(
    index: Searched, wanted: Filters, *, after: Key | None, limit: int, system: System
) -> bytes | None:
    """The page where nothing has to be read for it; None otherwise."""
    shelf = index.level
    if shelf is None or system is not System.WGS84:
        return None
    found = found_in(shelf, wanted, after=after, limit=limit)
    documents = index.documents.at_hand(found.ids)
    return None if documents is None else found.body(documents)


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


def counted_at_once(index: Searched, wanted: Filters) -> bytes | None:
    """The counts where nothing has to be read for them; None otherwise."""
    shelf = index.level
    if shelf is None:
        return None
    tally, names = _tally(shelf, wanted), shelf.area_names
    if not tally.areas.keys() <= names.keys():
        return None
    return _told(shelf, wanted, tally, names).model_dump_json().encode()


async def facets_of(index: Searched, session: AsyncSession, wanted: Filters) -> OfferingFacets:
    """The counts within all filters; areas are of the level below the one asked for."""
    shelf = await index.current(session)
    tally = _tally(shelf, wanted)
    return _told(shelf, wanted, tally, await _area_names(session, shelf, tally.areas))


class _Tally(NamedTuple):
    """What was found, and how much of it in each area."""

    found: BitMap
    areas: Mapping[str, int]


def _tally(shelf: Shelf, wanted: Filters) -> _Tally:
    found = shelf.around(shelf.matching(wanted), wanted.near)
    level = f"area{level_below(wanted.area)}"
    below = [code for code in shelf.values(level) if code.startswith(wanted.area or "")]
    return _Tally(found, shelf.counts(found, level, below))


def _told(
    shelf: Shelf, wanted: Filters, tally: _Tally, area_names: Mapping[str, str]
) -> OfferingFacets:
    words, found, areas = shelf.words, tally.found, tally.areas
    categories, groups = words.of(Dictionary.SERVICE_CATEGORY), words.of(Dictionary.TARGET_GROUP)
    names = {code: (area_names[code], None) for code in areas}
    return OfferingFacets(
        total=len(found),
        categories=listed_by_count(shelf.counts(found, "category", categories), _named(categories)),
        target_groups=listed_by_count(shelf.counts_under(found, groups), _named(groups)),
        price_kinds=listed_by_count(shelf.counts(found, "price", PRICE_NAMES), PRICE_NAMES),
        areas=listed_by_count(areas, names),
        also_searched=_also_searched(shelf, wanted.words),
    )


async def _area_names(
    session: AsyncSession, shelf: Shelf, codes: Iterable[str]
) -> Mapping[str, str]:
    """The names of areas, read once and kept until an area changes."""
    known = shelf.area_names
    if missing := [code for code in codes if code not in known]:
        known |= {code: name for code, (name, _) in (await area_names(session, missing)).items()}
    return known


def _named(words: Any) -> dict[str, tuple[str, str | None]]:
    return {code: (word.name_zh, word.name_en) for code, word in words.items()}


def _also_searched(shelf: Shelf, asked: str | None) -> list[str]:
    """The words for the same thing that were searched as well."""
    if asked is None:
        return []
    groups = shelf.words.synonyms
    known = known_words(asked, groups)
    return [other for word in known for other in groups[word] if other != word]

"""HSDS lists as answers: a numbered page, or all records as lines, read portion by portion."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from registry.hsds import queries, shapes
from registry.hsds.asking import Asked, NoSuchPage

_PORTION: Final = 500
_PORTION_IN_FULL: Final = 100
NDJSON: Final = "application/x-ndjson"
Load = Callable[[AsyncSession, Sequence[UUID]], Awaitable[Sequence[shapes.Shape]]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: which ids it has, in which order, and how records of ids are told.

    `hits` are those that have the words of a search, in any order; None where none was asked.
    """

    ids: Select[UUID]
    record_id: SQLColumnExpression[UUID]
    load: Load
    hits: Sequence[UUID] | None = None

    def among(self, hits: Sequence[UUID] | None) -> Select[UUID]:
        """Its ids that are among some hits."""
        return queries.among(self.ids, self.record_id, hits)

    def stretches(self, portion: int) -> Iterable[Sequence[UUID] | None]:
        """The hits in the order of the list, a portion at a time; None for ever without any."""
        if self.hits is None:
            return repeat(None)
        ordered = sorted(self.hits, key=attrgetter("int"))
        return (ordered[n : n + portion] for n in range(0, len(ordered), portion))


async def answer(
    request: Request, session: AsyncSession, asked: Asked, listing: Listing
) -> Response:
    """The page that was asked for. Raises `NoSuchPage` behind the last one."""
    size = asked.size()
    if asked.format == "ndjson":
        portion = _PORTION_IN_FULL if asked.nested() else _PORTION
        every = lines(request.state.sessions, listing, portion)
        return StreamingResponse(every, media_type=NDJSON)
    ids = listing.among(listing.hits)
    found = await queries.page_of(session, ids, listing.record_id, page=asked.page, per_page=size)
    records = await listing.load(session, found.ids) if found.ids else ()
    return page_answer(records, total=found.total, page=asked.page, per_page=size)


def whole_answer(asked: Asked, records: Sequence[shapes.Shape]) -> Response:
    """A list so small that it is there as a whole."""
    size = asked.size()
    if asked.format == "ndjson":
        return Response(b"".join(map(_line, records)), media_type=NDJSON)
    start = (asked.page - 1) * size
    part = records[start : start + size]
    return page_answer(part, total=len(records), page=asked.page, per_page=size)


def page_answer(
    records: Sequence[shapes.Shape], *, total: int, page: int, per_page: int
) -> Response:
    """A page with its header."""
    made = shapes.paged(list(records), total=total, page=page, per_page=per_page)
    if page > max(made["total_pages"], 1):
        raise NoSuchPage(pages=made["total_pages"], page=page)
    return told(shapes.Page[Any](**made))


def told(shape: shapes.Shape) -> Response:
    """One object; what is None is left out."""
    return Response(_json(shape), media_type="application/json")


async def lines(
    sessions: async_sessionmaker[AsyncSession], listing: Listing, portion: int
) -> AsyncIterator[bytes]:
    """All records, a portion per transaction: nothing stays open while a slow reader reads.

    A portion takes its own stretch of the hits: all of them each time is quadratic work.
    """
    last: UUID | None = None
    for hits in listing.stretches(portion):
        async with sessions.begin() as session:
            ids = await queries.next_of(
                session, listing.among(hits), listing.record_id, after=last, limit=portion
            )
            records = await listing.load(session, ids) if ids else ()
        if ids:
            last = ids[-1]
            yield b"".join(map(_line, records))
        elif hits is None:
            return


def _line(shape: shapes.Shape) -> bytes:
    return _json(shape) + b"\n"


def _json(shape: shapes.Shape) -> bytes:
    return shape.model_dump_json(exclude_none=True).encode()

"""What is published, written once for each state and served as the bytes that were kept.

A list asks the database only which states stand on it; a process keeps the bytes of those that it
has told, the last asked for longest, and writes those that it lacks. A state is named by its
record, version and instant, so nothing kept is ever wrong, nor after a restore.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from common.edge import tag
from common.paging import token

NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "与 If-None-Match 所指相同 / not modified"}
}
_MOST_BYTES: Final = 64 << 20


class State(NamedTuple):
    """A state that a record had, under one of its shapes."""

    shape: str
    id: UUID
    version: int
    at: datetime


Writer = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, bytes]]]


class Shelf:
    """Bytes by state, bounded; the least recently asked for go first."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[State, bytes] = OrderedDict()
        self._size = 0

    async def taken(self, states: Sequence[State], write: Writer) -> list[bytes]:
        """The bytes of states in their order, written where they are not kept."""
        found = {state: self._kept[state] for state in states if state in self._kept}
        lacking = [state for state in states if state not in found]
        fresh = await write([state.id for state in lacking]) if lacking else {}
        found |= {state: fresh[state.id] for state in lacking}
        for state in states:
            self._keep(state, found[state])
        return [found[state] for state in states]

    def _keep(self, state: State, body: bytes) -> None:
        before = self._kept.pop(state, b"")
        self._kept[state] = body
        self._size += len(body) - len(before)
        while self._size > self._most:
            self._size -= len(self._kept.popitem(last=False)[1])


def of(request: Request) -> Shelf:
    """The shelf of this process."""
    return cast(Shelf, request.state.own)


def written(models: Iterable[tuple[UUID, BaseModel]]) -> dict[UUID, bytes]:
    """Models as an answer shows them."""
    return {key: model.model_dump_json().encode() for key, model in models}


async def page(
    request: Request, shape: str, rows: Sequence[Any], limit: int, write: Writer
) -> Response:
    """A page from `limit + 1` rows of id, version and instant; none of it when it is known."""
    states = [State(shape, row.id, row.version, row.updated_at) for row in rows[:limit]]
    following = token(states[-1].id) if len(rows) > limit else None
    headers = {"ETag": etag(states, following)}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    items = await of(request).taken(states, write)
    body = b'{"items":[%b],"next":%b}' % (b",".join(items), orjson.dumps(following))
    return Response(body, headers=headers, media_type="application/json")


async def record(request: Request, shape: str, row: Any, write: Writer) -> Response:
    """One record, from its id, version and instant; its ETag is the one that edits start from."""
    (body,) = await of(request).taken([State(shape, row.id, row.version, row.updated_at)], write)
    answer = Response(body, media_type="application/json")
    tag(answer, row.version)
    return answer


def etag(states: Sequence[State], *others: object) -> str:
    """What names an answer made of states and nothing else."""
    return f'"{blake2b(repr((states, others)).encode(), digest_size=12).hexdigest()}"'


def is_known(request: Request, named: str) -> bool:
    """Whether the caller has the answer already."""
    return named in request.headers.get("if-none-match", "")

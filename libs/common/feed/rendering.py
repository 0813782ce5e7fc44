"""From marked ids to JSON, in bulk; one record that cannot be rendered stops no other."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePath
from typing import NamedTuple
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from common.feed.faults import passes
from common.feed.kinds import FeedKind, State


class Present(NamedTuple):
    """A record as its readers see it now: the JSON of `data`, and the area it lies in."""

    data: bytes
    area: str | None

    @property
    def digest(self) -> bytes:
        """Equal digests: readers would see no difference."""
        return blake2b(self.data, digest_size=16, key=(self.area or "").encode()).digest()


@dataclass(slots=True)
class Rendering:
    """What became of a batch. Ids in neither are absent: deleted, or never published."""

    present: dict[UUID, Present] = field(default_factory=dict)
    faults: dict[UUID, str] = field(default_factory=dict)


Marked = Sequence[tuple[FeedKind, Sequence[UUID]]]
Render = Callable[[AsyncSession, Marked], Awaitable[Mapping[str, Rendering]]]
"""From the marked records of some kinds to how they look, by kind."""


async def rendered_together(session: AsyncSession, marked: Marked) -> Mapping[str, Rendering]:
    """Render all in the fewest statements. Raises whatever is at fault; the session is then spoilt.

    What is another kind's record in another form is made of the states that were just read of it.
    """
    states: dict[str, Mapping[UUID, State]] = {}
    asked = {kind.name: ids for kind, ids in marked}
    for kind, ids in sorted(marked, key=lambda each: each[0].of is not None):
        told = states.get(kind.of or "")
        if told is not None and kind.retell is not None and set(ids) <= set(asked[str(kind.of)]):
            of_mine = {each: told[each] for each in ids if each in told}
            states[kind.name] = await kind.retell(session, of_mine)
        else:
            states[kind.name] = await kind.render(session, ids)
    return {kind.name: Rendering(_presents(kind, ids, states[kind.name])) for kind, ids in marked}


async def rendered_apart(session: AsyncSession, marked: Marked) -> Mapping[str, Rendering]:
    """Render all; a batch that fails is halved until the records at fault stand alone.

    Raises what is the database's fault (lost connection, serialization): nobody is blamed for it.
    """
    made = {kind.name: Rendering() for kind, _ in marked}
    for kind, ids in marked:
        await _render_into(made[kind.name], session, kind, ids)
    return made


async def _render_into(
    made: Rendering, session: AsyncSession, kind: FeedKind, ids: Sequence[UUID]
) -> None:
    try:
        async with session.begin_nested():
            present = _presents(kind, ids, await kind.render(session, ids))
    except Exception as fault:
        if passes(fault):
            raise
        if len(ids) == 1:
            made.faults[ids[0]] = place_of(fault)
            return
        middle = len(ids) // 2
        await _render_into(made, session, kind, ids[:middle])
        await _render_into(made, session, kind, ids[middle:])
    else:
        made.present |= present


def _presents(
    kind: FeedKind, ids: Sequence[UUID], states: Mapping[UUID, State]
) -> dict[UUID, Present]:
    return {each: _present(kind, states[each]) for each in ids if each in states}


def _present(kind: FeedKind, state: State) -> Present:
    area = kind.area_of(state) if kind.area_of else _area_named(state)
    if isinstance(state, BaseModel):
        return Present(state.model_dump_json().encode(), area)
    return Present(orjson.dumps(state, default=_plain), area)


def _area_named(state: State) -> str | None:
    """The area that a public record names; reconciliation groups by it."""
    if isinstance(state, BaseModel):
        return getattr(state, "area_code", None)
    area = state.get("area_code")
    return area if isinstance(area, str) else None


def _plain(value: object) -> str:
    """The driver's ids are of a class of its own, which the JSON writer does not take."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__qualname__)


def place_of(fault: BaseException) -> str:
    """Type and place of an error. Its words are left out: they may quote a person's data."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(fault).__qualname__
    code = trace.tb_frame.f_code
    return f"{type(fault).__qualname__} at {PurePath(code.co_filename).name}:{trace.tb_lineno}"

"""Dictionaries: their entries, and what lies under an entry. Everything in them is public."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.dictionaries import Dictionary, Entry
from common.errors import FieldError, Invalid, NotFound, Text
from common.text import fold
from registry import tables
from registry.domain.searching import groups_of
from registry.queries.finding import Asked

E = tables.DictionaryEntry
WHAT = Text("字典词条", "dictionary entry")


class UnknownWord(Invalid):
    """A code that no valid entry of the dictionary has."""

    slug = "unknown-word"
    title = Text("字典中没有此代码", "Not in the dictionary")


def in_force(on: date) -> ColumnElement[bool]:
    """Entries that may be chosen on a day."""
    return (E.valid_from <= on) & or_(E.valid_to.is_(None), E.valid_to > on)


async def entries(
    session: AsyncSession,
    dictionary: Dictionary,
    *,
    on: date | None,
    parent: str | None,
    after: tuple[int, str] | None,
    limit: int,
) -> list[tables.DictionaryEntry]:
    """A page of a dictionary, by sort and code; `on` leaves out what is not in force then."""
    statement = select(E).where(E.dictionary == dictionary).order_by(E.sort, E.code)
    if on is not None:
        statement = statement.where(in_force(on))
    if parent is not None:
        statement = statement.where(E.parent_code == parent)
    if after is not None:
        statement = statement.where(tuple_(E.sort, E.code) > after)
    return list(await session.scalars(statement.limit(limit + 1)))


async def entry(
    session: AsyncSession, dictionary: str, code: str, *, lock: bool = False
) -> tables.DictionaryEntry:
    """One entry; `lock` keeps others from changing it until the transaction ends."""
    statement = select(E).where(E.dictionary == dictionary, E.code == code)
    if lock:
        statement = statement.with_for_update()
    found = (await session.scalars(statement)).one_or_none()
    if found is None:
        raise NotFound(what=WHAT, key=f"{dictionary}/{code}")
    return found


async def has_children(session: AsyncSession, dictionary: str, code: str, on: date) -> bool:
    """Whether entries in force on a day hang under an entry."""
    statement = select(E.id).where(E.dictionary == dictionary, E.parent_code == code, in_force(on))
    return (await session.execute(statement.limit(1))).first() is not None


async def words(session: AsyncSession, dictionary: Dictionary, *, on: date) -> dict[str, str]:
    """Codes in force with their Chinese names: what an import or a form may use."""
    statement = select(E.code, E.name_zh).where(E.dictionary == dictionary, in_force(on))
    return {row.code: row.name_zh for row in await session.execute(statement)}


async def asked(session: AsyncSession, typed: str | None, *, on: date) -> Asked | None:
    """What somebody typed, with the synonyms that staff keep and that count on a day."""
    if typed is None:
        return None
    statement = select(E.path, E.name_zh).where(E.dictionary == Dictionary.SYNONYM, in_force(on))
    alike: dict[str, list[str]] = defaultdict(list)
    for row in await session.execute(statement.order_by(E.path)):
        alike[row.path.partition("/")[0]].append(fold(row.name_zh))
    return Asked(typed, groups_of(alike.values()))


async def must_know(
    session: AsyncSession, asked: Mapping[str, tuple[Dictionary, str | None]], *, on: date
) -> None:
    """422 `unknown-word` naming each field whose code is not in force in its dictionary.

    `asked` maps a JSON pointer to dictionary and code; None codes are fine.
    """
    wanted = {pair for pair in asked.values() if pair[1] is not None}
    if not wanted:
        return
    statement = select(E.dictionary, E.code).where(
        tuple_(E.dictionary, E.code).in_(sorted(wanted)), in_force(on)
    )
    known = {(dictionary, code) for dictionary, code in await session.execute(statement)}
    errors = [
        FieldError(
            pointer, code, Text(f"字典 {dictionary} 中没有此代码", f"not a word of {dictionary}")
        )
        for pointer, (dictionary, code) in asked.items()
        if code is not None and (str(dictionary), code) not in known
    ]
    if errors:
        raise UnknownWord(errors=errors)


async def codes_under(session: AsyncSession, dictionary: Dictionary, code: str) -> list[str]:
    """An entry's code and those of all entries under it; only itself when it is unknown."""
    top = select(E.path).where(E.dictionary == dictionary, E.code == code).scalar_subquery()
    statement = select(E.code).where(
        E.dictionary == dictionary,
        or_(E.path == top, E.path.startswith(top + "/")),
    )
    return list(await session.scalars(statement)) or [code]


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Entry]:
    """The feed's states of entries."""
    found: Iterable[tables.DictionaryEntry] = await session.scalars(select(E).where(E.id.in_(ids)))
    return {each.id: Entry.model_validate(each) for each in found}

"""Codes that somebody names, looked up among the words and areas that the registry has told."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Date, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.contracts.registry.dictionaries import Dictionary


class Word(NamedTuple):
    """A code, and the dictionary that it is to be a word of; an area has none."""

    code: str
    dictionary: Dictionary | None = None


# A code is unknown only once its feed has been read to the end: before, it may be yet to come.
# `area_code` is the code of what has one, and is indexed.
_UNKNOWN: Final = text(
    "SELECT a.pointer FROM unnest(:pointers, :kinds, :dictionaries, :codes)"
    " AS a (pointer, kind, dictionary, code)"
    " WHERE EXISTS (SELECT FROM feed_cursor c"
    "  WHERE c.source = 'registry/' || a.kind AND NOT c.is_sweeping)"
    " AND NOT EXISTS (SELECT FROM mirrored m WHERE m.kind = a.kind AND m.area_code = a.code"
    "  AND (a.dictionary IS NULL OR m.state ->> 'dictionary' = a.dictionary)"
    "  AND CAST(m.state ->> 'valid_from' AS date) <= :day"
    "  AND (m.state ->> 'valid_to' IS NULL OR CAST(m.state ->> 'valid_to' AS date) > :day))"
).bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("pointers", "kinds", "dictionaries")),
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("day", type_=Date),
)


async def unknown(session: AsyncSession, asked: Mapping[str, Word], *, on: date) -> Collection[str]:
    """The pointers of the codes that are no word, or no area, on a day."""
    values = {
        "pointers": [*asked],
        "kinds": [
            (Kind.AREA if word.dictionary is None else Kind.DICTIONARY_ENTRY).value
            for word in asked.values()
        ],
        "dictionaries": [word.dictionary for word in asked.values()],
        "codes": [word.code for word in asked.values()],
        "day": on,
    }
    return frozenset(await session.scalars(_UNKNOWN, values)) if asked else frozenset()

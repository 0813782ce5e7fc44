"""Staff extend and mend dictionaries. Words end, they are never deleted."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary, EntryIn, EntryPatch
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from registry import tables
from registry.domain.areas import check_period
from registry.queries import dictionaries as queries
from registry.usecases.editing import change, given, made, touch

KIND: Final = "dictionary_entry"


class WordInUse(Conflict):
    """Other words in force hang under it."""

    slug = "word-has-children"
    title = Text("词条下还有词条", "The word has words under it")
    detail = Text(
        "词条 {code} 下还有在用词条，请先停用下级。",
        "Words in force hang under {code}; end them first.",
    )


class WordExists(Conflict):
    """The dictionary has the code already."""

    slug = "word-exists"
    title = Text("词条已存在", "The word exists")
    detail = Text("该字典中已有此代码。", "The dictionary has this code already.")


async def add_entry(
    session: AsyncSession, dictionary: Dictionary, entry: EntryIn, *, by: Actor, now: datetime
) -> tables.DictionaryEntry:
    """A new word, under its parent if it has one."""
    parent_path = ""
    if entry.parent_code is not None:
        parent = ("/parent_code", (dictionary, entry.parent_code))
        await queries.must_know(session, dict([parent]), on=city_day(now))
        above = await queries.entry(session, dictionary, entry.parent_code, lock=True)
        parent_path = f"{above.path}/"
    row = tables.DictionaryEntry(
        **entry.model_dump(exclude={"valid_from"}),
        dictionary=dictionary,
        path=f"{parent_path}{entry.code}",
        valid_from=entry.valid_from or city_day(now),
        is_seed=False,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    feed.mark(session, KIND, row.id)
    after = {"dictionary": dictionary, **entry.model_dump(mode="json")}
    audit.note(session, by, action="dictionary.extend", target=(KIND, row.id), after=after)
    return row


async def edit_entry(
    session: AsyncSession,
    dictionary: Dictionary,
    code: str,
    patch: EntryPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.DictionaryEntry:
    """Rename, sort, end or revive a word. Ending waits until nothing in force hangs under it."""
    row = await queries.entry(session, dictionary, code, lock=True)
    must_match(row.version, version)
    values = given(patch)
    for name in ("name_zh", "name_en", "sort"):
        if name in values and values[name] is None:
            del values[name]
    ends = values.get("valid_to")
    check_period(row.valid_from, ends)
    if ends is not None and await queries.has_children(session, dictionary, code, ends):
        raise WordInUse(
            code=code, errors=[FieldError("/valid_to", str(ends), Text("仍有下级", "has children"))]
        )
    before, after = change(row, values)
    if after:
        touch(row, by, now)
        feed.mark(session, KIND, row.id)
        audit.note(
            session, by, action="dictionary.edit", target=(KIND, row.id), before=before, after=after
        )
    return row

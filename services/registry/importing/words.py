"""The words of dictionaries as a table shows and takes them: names that tell entries apart."""

from collections import Counter
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.tabular.forms import Form, Words
from registry import tables
from registry.queries.dictionaries import in_force

E = tables.DictionaryEntry


async def words_for(session: AsyncSession, form: Form, *, on: date) -> Words:
    """The dictionaries that a form uses: name -> code, the name to show first.

    A name that several entries of a dictionary have is shown, and taken, behind its parent's.
    """
    wanted = sorted({column.dictionary for column in form.columns if column.dictionary})
    statement = (
        select(E.dictionary, E.code, E.name_zh, E.name_en, E.parent_code)
        .where(E.dictionary.in_(wanted), in_force(on))
        .order_by(E.dictionary, E.sort, E.code)
    )
    rows = (await session.execute(statement)).all()
    names = {(row.dictionary, row.code): row.name_zh for row in rows}
    often = Counter((row.dictionary, row.name_zh) for row in rows)
    often += Counter((row.dictionary, row.name_en) for row in rows)
    made: dict[str, dict[str, str]] = {name: {} for name in wanted}
    for row in rows:
        mine = made[row.dictionary]
        above = names.get((row.dictionary, row.parent_code or ""), "")
        if often[row.dictionary, row.name_zh] == 1:
            mine[row.name_zh] = row.code
        mine.setdefault(f"{above}/{row.name_zh}" if above else row.code, row.code)
        if often[row.dictionary, row.name_en] == 1:
            mine.setdefault(row.name_en, row.code)
    return made

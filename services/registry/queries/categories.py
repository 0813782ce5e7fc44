"""The category tree of services, small enough to be read whole."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.registry.dictionaries import Dictionary
from registry import tables
from registry.domain.searching import Category

E = tables.DictionaryEntry


async def categories(session: AsyncSession) -> Mapping[str, Category]:
    """All categories by code, ended ones too: what was written under them stays."""
    statement = select(E.code, E.path, E.name_zh).where(E.dictionary == Dictionary.SERVICE_CATEGORY)
    rows = (await session.execute(statement)).all()
    names = {row.code: row.name_zh for row in rows}
    return {
        row.code: Category(row.path, tuple(names.get(code, "") for code in row.path.split("/")))
        for row in rows
    }

"""Refusing codes that the registry does not know."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.errors import FieldError, Text
from matching.domain.needs import WrongNeed
from matching.queries.words import Word, unknown


def groups(named: Sequence[str], under: str = "/profile/groups") -> Mapping[str, Word]:
    """Target groups, each with its pointer."""
    return {
        f"{under}/{place}": Word(code, Dictionary.TARGET_GROUP) for place, code in enumerate(named)
    }


async def must_know(session: AsyncSession, asked: Mapping[str, Word], *, now: datetime) -> None:
    """Refuse codes by field. What was recorded this minute may be on its way yet: try again."""
    absent = await unknown(session, asked, on=city_day(now))
    if absent:
        raise WrongNeed(
            errors=[
                FieldError(pointer, word.code, _told(word))
                for pointer, word in asked.items()
                if pointer in absent
            ]
        )


def _told(word: Word) -> Text:
    if word.dictionary is None:
        return Text(
            "没有此区划代码；代码见资源库 /v1/areas，刚登记的请稍后再试",
            "no such area; the registry lists areas at /v1/areas, a new one takes a moment",
        )
    where = f"/v1/dictionaries/{word.dictionary}"
    return Text(
        f"字典 {word.dictionary} 中没有此代码；代码见资源库 {where}，刚登记的请稍后再试",
        f"not a word of {word.dictionary}; the registry lists them at {where}, "
        "a new one takes a moment",
    )

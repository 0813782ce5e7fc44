"""By which words venues, items and offerings are found. Pure; the tokens go into a `tsvector`.

Names are found by characters and by pinyin, prose by characters only (see `common.text`).
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from common import text

_PROSE_LENGTH: Final = 500  # characters of a description that count; the rest is read, not searched


class Category(NamedTuple):
    """A category: the codes from the root to it, and their Chinese names, its own last."""

    path: str
    names: tuple[str, ...]


class Run(NamedTuple):
    """A stretch of a text that is indexed by itself: many names share most of theirs."""

    text: str
    pinyin: bool

    def tokens(self) -> list[str]:
        """What it is found by."""
        return text.run_tokens(self.text, pinyin=self.pinyin)


def groups_of(alike: Iterable[Sequence[str]]) -> text.Groups:
    """Each word with its whole group, itself first; a word alone has none."""
    return {
        word: (word, *(other for other in group if other != word))
        for group in alike
        if len(group) > 1
        for word in group
    }


def organisation_tokens(
    name: str,
    short_name: str | None,
    *,
    code: str | None,
    credit_code: str | None,
    filing_number: str | None,
    address: str | None,
) -> list[str]:
    """An organisation: by its names, its codes and its address."""
    names = text.tokens(name, short_name)
    plain = text.tokens(code, credit_code, filing_number, address, pinyin=False)
    return list(dict.fromkeys([*names, *plain]))


def venue_tokens(name: str, address: str | None, code: str | None) -> list[str]:
    """What a venue is found by."""
    return _joined(text.tokens(name), text.tokens(address, code, pinyin=False))


def item_tokens(
    name: str, description: str | None, category: Category, code: str | None
) -> list[str]:
    """What a service item is found by."""
    return _joined(text.tokens(name), category_tokens(category), _prose(description, code))


def own_runs(name: str, description: str | None, code: str | None) -> Iterator[Run]:
    """What an offering is found by, as far as it tells itself."""
    for run in text.runs(name):
        yield Run(run, pinyin=True)
    for part in (description and description[:_PROSE_LENGTH], code):
        for run in text.runs(part):
            yield Run(run, pinyin=False)


@lru_cache(maxsize=20_000)  # a venue has ten offerings, which change one by one
def venue_tokens_there(name: str | None, address: str | None) -> list[str]:
    """What an offering is found by, as far as its venue tells."""
    return _joined(text.tokens(name), _prose(address))


@lru_cache(maxsize=2_000)  # a city has some hundreds; importing asks for each row
def category_tokens(category: Category) -> list[str]:
    """What a service is found by, as far as its category tells, and those above it."""
    return _joined(
        text.tokens(*category.names[-1:]), text.tokens(*category.names[:-1], pinyin=False)
    )


def _prose(*parts: str | None) -> list[str]:
    return text.tokens(*(part and part[:_PROSE_LENGTH] for part in parts), pinyin=False)


def _joined(*parts: Iterable[str]) -> list[str]:
    """All the words. One that stands in several parts may come twice: the vector keeps one."""
    return list(chain.from_iterable(parts))

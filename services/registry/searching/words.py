"""The dictionaries that a search reads: categories, groups, and words for the same thing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from common.contracts.registry.dictionaries import Dictionary
from common.text import Groups
from registry.domain.searching import Category


class Word(NamedTuple):
    """An entry of a dictionary: the codes from the root to it, and its names."""

    path: Sequence[str]
    name_zh: str
    name_en: str | None


class Words:
    """Entries of each dictionary by code, ended ones too: what was written under them stays."""

    def __init__(self, entries: Mapping[Dictionary, Mapping[str, Word]], synonyms: Groups) -> None:
        self._entries = entries
        self.synonyms = synonyms

    def of(self, dictionary: Dictionary) -> Mapping[str, Word]:
        """All entries of a dictionary."""
        return self._entries.get(dictionary, {})

    def category(self, code: str) -> Category:
        """A category with the names of those above it."""
        known = self.of(Dictionary.SERVICE_CATEGORY)
        path = known[code].path if code in known else [code]
        return Category(
            "/".join(path), tuple(known[each].name_zh if each in known else "" for each in path)
        )

    def under(self, dictionary: Dictionary, code: str) -> Iterable[str]:
        """An entry's code and those of all entries under it; only itself when it is unknown."""
        found = [each for each, word in self.of(dictionary).items() if code in word.path]
        return found or [code]

    def renamed(self, before: "Words") -> set[str]:
        """The categories that are found by other words than before."""
        now, then = (words.of(Dictionary.SERVICE_CATEGORY) for words in (self, before))
        return {code for code in now if code not in then or now[code] != then[code]}

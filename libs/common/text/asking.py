"""What somebody typed, as the tokens that must occur: a tree, and its `tsquery` text.

The tree serves an index in memory; the text, safe by construction, serves PostgreSQL.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from common.text.folding import fold
from common.text.indexing import CHINESE, FULL_LENGTH, INITIALS_LENGTH, RUN, WORD_LENGTH

_LONGEST: Final = 100  # characters of a question that count
_CHINESE_RUN: Final = re.compile(rf"[{CHINESE}]+")
_LETTERS: Final = re.compile(r"[a-z]+")
_NEVER_INITIAL: Final = frozenset("iuv")  # no syllable begins with them

Groups = Mapping[str, Sequence[str]]
"""Each word with all words for the same thing, itself among them."""


class Token(NamedTuple):
    """A token that must occur, or one that begins so."""

    text: str
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All parts must occur."""

    parts: tuple["Ask", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part must occur."""

    parts: tuple["Ask", ...]


Ask = Token | Every | Either


def asked(text: str, groups: Groups | None = None) -> Every:
    """The tokens, as `tokens` made them, that a record must have; no part: it finds nothing.

    Chinese is asked by its pairs (one character by itself), a word by its beginning, letters also
    as pinyin or initials. With groups of synonyms, a word also finds its group.
    """
    parts = [_part(match, groups) for match in RUN.finditer(fold(text)[:_LONGEST])]
    return Every(tuple(dict.fromkeys(parts)))


def known_words(text: str, groups: Groups) -> list[str]:
    """The words of the groups that a text has, the longest first, none inside another."""
    found = []
    for match in _CHINESE_RUN.finditer(fold(text)[:_LONGEST]):
        pieces = [match.group()]
        while pieces:
            piece = pieces.pop()
            if word := _longest(piece, groups):
                found.append(word)
                pieces += [rest for rest in piece.split(word) if rest]
    return list(dict.fromkeys(found))


def query(text: str, groups: Groups | None = None) -> str:
    """The `tsquery` text that finds what `tokens` indexed: every part must occur.

    With groups of synonyms, a word also finds its group. A text without a letter, digit or
    character gives "", which PostgreSQL reads as a question that finds nothing.
    """
    return _text(asked(text, groups), outermost=True)


def _text(ask: Ask, *, outermost: bool = False) -> str:
    if isinstance(ask, Token):
        return f"'{ask.text}':*" if ask.is_prefix else f"'{ask.text}'"
    joint = " & " if isinstance(ask, Every) else " | "
    told = joint.join(_text(part) for part in ask.parts)
    return told if outermost or len(ask.parts) == 1 else f"({told})"


def _part(match: re.Match[str], groups: Groups | None) -> Ask:
    run = match.group()
    if match.lastgroup == "word":
        return _word(run)
    return _widened(run, groups) if groups else _pairs(run)


def _pairs(run: str) -> Ask:
    pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    return Every(tuple(Token(pair) for pair in dict.fromkeys(pairs)))


def _word(word: str) -> Ask:
    plain = Token(word[:WORD_LENGTH], is_prefix=True)
    if not _LETTERS.fullmatch(word):
        return plain
    ways: list[Ask] = [plain, Token(f"py:{word[:FULL_LENGTH]}", is_prefix=True)]
    if INITIALS_LENGTH < len(word) <= 2 * INITIALS_LENGTH and _NEVER_INITIAL.isdisjoint(word):
        # More initials than a token holds: their beginning and their end must both occur.
        ends = (word[:INITIALS_LENGTH], word[-INITIALS_LENGTH:])
        ways.append(Every(tuple(Token(f"py:{end}", is_prefix=True) for end in ends)))
    return Either(tuple(ways))


def _widened(run: str, groups: Groups) -> Ask:
    """The run with each known word replaced by its group; what stands between must occur too."""
    word = _longest(run, groups)
    if word is None:
        return _pairs(run)
    group = Either(
        tuple(_pairs(piece) for other in groups[word] for piece in _CHINESE_RUN.findall(other))
    )
    rest = [_widened(piece, groups) for piece in run.split(word) if piece]
    return Every((group, *rest))


def _longest(run: str, groups: Groups) -> str | None:
    """The longest known word in a run."""
    return max((word for word in groups if word in run), key=len, default=None)

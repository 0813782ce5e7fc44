"""What is asked of the index: the text of a `tsquery`, safe by construction."""

import re
from typing import Final

from common.text.folding import fold
from common.text.indexing import CHINESE, FULL_LENGTH, INITIALS_LENGTH, RUN, WORD_LENGTH
from common.text.thesaurus import synonyms

_LONGEST: Final = 100  # characters of a question that count
_CHINESE_RUN: Final = re.compile(rf"[{CHINESE}]+")
_LETTERS: Final = re.compile(r"[a-z]+")
_NEVER_INITIAL: Final = frozenset("iuv")  # no syllable begins with them


def query(text: str, *, widen: bool = False) -> str:
    """The `tsquery` text that finds what `tokens` indexed: every part must occur.

    Chinese is asked by its pairs (one character by itself), a word by its beginning, letters also
    as pinyin or initials. With `widen`, a word of the synonyms also finds its group. A text without
    a letter, digit or character gives "", which PostgreSQL reads as a question that finds nothing.
    """
    parts = (_part(match, widen) for match in RUN.finditer(fold(text)[:_LONGEST]))
    return " & ".join(dict.fromkeys(parts))


def _part(match: re.Match[str], widen: bool) -> str:
    run = match.group()
    if match.lastgroup == "word":
        return _word(run)
    return _widened(run) if widen else _pairs(run)


def _pairs(run: str) -> str:
    pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
    return " & ".join(f"'{pair}'" for pair in dict.fromkeys(pairs))


def _word(word: str) -> str:
    if not _LETTERS.fullmatch(word):
        return f"'{word[:WORD_LENGTH]}':*"
    ways = [f"'{word[:WORD_LENGTH]}':*", f"'py:{word[:FULL_LENGTH]}':*"]
    if INITIALS_LENGTH < len(word) <= 2 * INITIALS_LENGTH and _NEVER_INITIAL.isdisjoint(word):
        # More initials than a token holds: their beginning and their end must both occur.
        head, tail = word[:INITIALS_LENGTH], word[-INITIALS_LENGTH:]
        ways.append(f"('py:{head}':* & 'py:{tail}':*)")
    return f"({' | '.join(ways)})"


def _widened(run: str) -> str:
    """The run with each known word replaced by its group; what stands between must occur too."""
    groups = synonyms()
    known = sorted((word for word in groups if word in run), key=len, reverse=True)
    if not known:
        return _pairs(run)
    word = known[0]
    group = " | ".join(
        f"({_pairs(piece)})" for other in groups[word] for piece in _CHINESE_RUN.findall(other)
    )
    rest = [_widened(piece) for piece in run.split(word) if piece]
    return " & ".join([f"({group})", *rest])

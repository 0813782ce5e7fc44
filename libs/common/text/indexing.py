"""What is indexed of a text: single characters, pairs, words, and pinyin from every character on.

Tokens hold letters, digits, Chinese characters and the prefix `py:` only: no quote, space or
backslash can occur in them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate
from typing import Final

from common.text.folding import fold
from common.text.pinyin import spellings

CHINESE: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
RUN: Final = re.compile(rf"(?P<chinese>[{CHINESE}]+)|(?P<word>[^\W_{CHINESE}]+)")
WORD_LENGTH: Final = 64  # longer words are cut, here and in queries
FULL_LENGTH: Final = 12  # letters of full pinyin kept from a character on: three to six syllables
INITIALS_LENGTH: Final = 6  # initials kept from a character on
_REMEMBERED_LENGTH: Final = 12  # longer runs are hardly ever the same


def tokens(*texts: str | None, pinyin: bool = True) -> list[str]:
    """The distinct tokens of some texts, for `array_to_tsvector`.

    Names are indexed with pinyin. Descriptions and addresses are passed with `pinyin=False`:
    nobody types a sentence in pinyin, and it would triple the index.
    """
    found: list[str] = []
    for text in texts:
        if text:
            for match in RUN.finditer(fold(text)):
                _add_run(found, match, pinyin)
    return list(dict.fromkeys(found))  # made distinct once: cheaper than looking at each addition


def runs(text: str | None) -> Iterator[str]:
    """The stretches of Chinese characters and the words of a text, folded."""
    if text:
        for match in RUN.finditer(fold(text)):
            yield match.group()


def run_tokens(run: str, *, pinyin: bool = True) -> list[str]:
    """The tokens of one run. Those of a text are the tokens of its runs, whose texts may differ."""
    found: list[str] = []
    if match := RUN.fullmatch(run):
        _add_run(found, match, pinyin)
    return list(dict.fromkeys(found))


def vector_literal(found: Iterable[str]) -> str:
    """Tokens as the text of a `tsvector`, for COPY and literals."""
    listed = "' '".join(found)
    return f"'{listed}'" if listed else ""


def _add_run(found: list[str], match: re.Match[str], pinyin: bool) -> None:
    run = match.group()
    if match.lastgroup == "word":
        found.append(run[:WORD_LENGTH])
    elif len(run) <= _REMEMBERED_LENGTH:
        found.extend(_remembered(run, pinyin))
    else:
        _add_chinese(found, run, pinyin)


@lru_cache(maxsize=4_000)
def _remembered(run: str, pinyin: bool) -> tuple[str, ...]:
    """Short runs come again and again: streets, kinds of places, kinds of services."""
    found: list[str] = []
    _add_chinese(found, run, pinyin)
    return tuple(dict.fromkeys(found))


def _add_chinese(found: list[str], run: str, pinyin: bool) -> None:
    found.extend(run)
    found.extend(map(str.__add__, run, run[1:]))
    if pinyin:
        _add_pinyin(found, run)


def _add_pinyin(found: list[str], run: str) -> None:
    """Full pinyin and initials from each character on, in each reading of that run.

    One character at a time takes another reading, the rest keep their likeliest: two rare readings
    within one word are too rare to pay for their product.
    """
    read = spellings(run)
    syllables = [spelling.syllable for spelling in read]
    _add_windows(found, syllables, len(run))
    for place, spelling in enumerate(read):
        if spelling.others:
            first = _first_touched(syllables, place)
            after = syllables[place + 1 : place + 1 + FULL_LENGTH]
            for other in spelling.others:
                varied = [*syllables[first:place], other, *after]
                _add_windows(found, varied, place - first + 1)


def _first_touched(syllables: list[str], place: int) -> int:
    """The first place from which a window reaches another place: the earlier ones do not change."""
    first = max(0, place - INITIALS_LENGTH + 1)
    while first > 0 and sum(map(len, syllables[first - 1 : place])) < FULL_LENGTH:
        first -= 1
    return first


def _add_windows(found: list[str], syllables: list[str], places: int) -> None:
    """Full pinyin and initials from each of the first places on."""
    joined = "".join(syllables)
    initials = "".join([syllable[0] for syllable in syllables])
    starts = accumulate(map(len, syllables[: places - 1]), initial=0)
    found.extend(["py:" + joined[start : start + FULL_LENGTH] for start in starts])
    found.extend(["py:" + initials[at : at + INITIALS_LENGTH] for at in range(places)])

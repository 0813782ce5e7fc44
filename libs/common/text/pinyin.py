"""Readings of Chinese characters in pinyin without tones, from pypinyin's single-character table.

Looked up here rather than by pypinyin's own functions, which read 3,700 names a second and say
"zhang ning" for 长宁. Several readings of a character are kept unless a word settles them.
"""

import os
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

_LONGEST_WORD: Final = 4
_PLAIN: Final = {
    ord(toned): plain
    for row in ("āáǎàa", "ēéěèếềêe", "īíǐìi", "ōóǒòo", "ūúǔùu", "ǖǘǚǜüv", "ńňǹn", "ḿm")
    for toned, plain in ((letter, row[-1]) for letter in row[:-1])
} | {0x300: "", 0x301: "", 0x304: "", 0x30C: "", 0x302: ""}


class Spelling(NamedTuple):
    """How a character is read in its run: its likeliest syllable, then the others heard."""

    syllable: str
    others: tuple[str, ...]


def spell(text: str) -> str:
    """The likeliest reading, syllables apart: 长宁区 -> "chang ning qu". Also a key for sorting."""
    return " ".join(spelling.syllable for spelling in spellings(text))


def spellings(run: str) -> list[Spelling]:
    """The readings of each character. A character without a reading stands for itself."""
    table, settled = _characters(), _words()
    result = [table.get(character) or Spelling(character, ()) for character in run]
    for place, spelling in enumerate(result):
        if spelling.others and (word := _word_around(run, place, settled)):
            start, readings = word
            here = [reading[place - start] for reading in readings]
            result[place] = Spelling(here[0], tuple(s for s in here[1:] if s != here[0]))
    return result


def _word_around(
    run: str, place: int, settled: dict[str, tuple[tuple[str, ...], ...]]
) -> tuple[int, tuple[tuple[str, ...], ...]] | None:
    """The longest settled word over a place of the run; of equals the one that begins last."""
    for length in range(_LONGEST_WORD, 1, -1):
        for start in range(place, place - length, -1):
            if start >= 0 and (readings := settled.get(run[start : start + length])):
                return start, readings
    return None


@cache
def _characters() -> dict[str, Spelling]:
    """Every character of pypinyin's table; several readings only for the hand-picked ones."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # its words are not asked: 50,000 of them
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415 - most processes read no pinyin

    table = {
        chr(code): _with_u((toned.split(",", 1)[0].translate(_PLAIN),))
        for code, toned in pinyin_dict.items()
    }
    for line in _lines("polyphones.tsv"):
        character, *readings = line.split()
        table[character] = _with_u(tuple(readings))
    return table


def _with_u(readings: tuple[str, ...]) -> Spelling:
    """The readings, with lu beside lv and nu beside nv: ü is typed both ways."""
    typed = [r.replace("v", "u") for r in readings if r[:2] in {"lv", "nv"}]
    others = dict.fromkeys(r for r in (*readings[1:], *typed) if r != readings[0])
    return Spelling(readings[0], tuple(others))


@cache
def _words() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Settled words: word -> its readings, each a syllable a character."""
    words = {}
    for line in _lines("readings.tsv"):
        word, readings = line.split("\t")
        words[word] = tuple(tuple(reading.split()) for reading in readings.split("|"))
    return words


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]

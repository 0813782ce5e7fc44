"""What a table may hold: a form of columns, written once, used by import, template and export.

A column knows its Chinese heading, how to read a cell and how to show a value; a form knows its
columns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from common.errors import Text
from common.tabular.parsers import Parse, Show, choice, many, prose, show_choice, show_many, shown

NOTHING: Final = Text("", "")
_PLAIN: Final = prose(200)


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `dictionary` names a list kept as data; its words come with each file read.

    What stands in a private one is not kept with an error.
    """

    name: str
    zh: str
    en: str
    parse: Parse = _PLAIN
    show: Show = shown
    required: bool = False
    example: str = ""
    note: Text = NOTHING
    choices: tuple[str, ...] = ()
    dictionary: str | None = None
    several: bool = False
    is_private: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of one kind of record; `key` is the column by which records are recognised."""

    kind: str
    title: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    about: Text = NOTHING

    @property
    def is_private(self) -> bool:
        """Whether its files tell who somebody is."""
        return any(column.is_private for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of a field."""
        return next(column for column in self.columns if column.name == name)


Words = Mapping[str, Mapping[str, str]]
"""Per dictionary: name (Chinese, English, former) -> code; a code's first name is shown."""


@lru_cache(maxsize=64)
def several_of(form: Form) -> frozenset[str]:
    """The fields that hold several words."""
    return frozenset(column.name for column in form.columns if column.several)


def parser_of(column: Column, words: Words) -> Parse:
    """The parser of a column, with the words of its dictionary."""
    one = column.parse if column.dictionary is None else choice(words[column.dictionary])
    return many(one) if column.several else one


def shower_of(column: Column, words: Words) -> Show:
    """The inverse of `parser_of`."""
    show = column.show
    if column.dictionary is not None:
        show = show_choice(words[column.dictionary])
    return show_many(show) if column.several else show


def showers(form: Form, words: Words) -> Callable[[Mapping[str, Any]], list[str | int | float]]:
    """A function from a record's values to the cells of its row."""
    each = [(column.name, shower_of(column, words)) for column in form.columns]

    def cells(values: Mapping[str, Any]) -> list[str | int | float]:
        return [
            "" if (value := values.get(name)) is None or value == [] else show(value)
            for name, show in each
        ]

    return cells

"""What a column may hold as a type of its own, a domain: for columns that are written all the time.

PostgreSQL reads every CHECK of a table anew for each statement that writes to it, those of columns
that stay as they are among them. The rule of a domain it keeps for the connection, and asks it of
values that are written. So hot tables have domains for their words; rules of several columns stay
CHECKs, and so do the words of all other tables, where who looks at the table finds them
(`common.records.one_of`).

Values go to the server as the type beneath. One that goes as the domain's own is looked at twice,
when it is read and when it is written, and what was to be gained is lost.
"""

from collections.abc import Collection, Iterator
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import MetaData, SmallInteger, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

Words = type[StrEnum] | type[IntEnum] | Collection[str]


class Domain(TypeDecorator[Any]):
    """A type with a rule about its `VALUE`; statements know it as the type beneath."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok = True

    def __init__(self, name: str, rule: str, beneath: str = "text") -> None:
        super().__init__()
        self.name, self.rule, self.beneath = name, rule, beneath
        self.impl = SmallInteger() if beneath == "smallint" else Text()

    @property
    def spelt(self) -> str:
        """What follows CREATE DOMAIN."""
        return f"{self.name} AS {self.beneath} CONSTRAINT ck_{self.name} CHECK ({self.rule})"


@compiles(Domain)
def _named(domain: Domain, *_: Any, **__: Any) -> str:
    return domain.name


def words_of(name: str, words: Words) -> Domain:
    """A domain of an enum's words."""
    return Domain(name, any_of("VALUE", words), kind_of(words))


def any_of(told: str, words: Words) -> str:
    """That something is one of an enum's words, in SQL.

    All words as one constant: PostgreSQL takes longer to read a list word by word.
    """
    listed = ", ".join(str(getattr(word, "value", word)) for word in words)
    return f"{told} = ANY ('{{{listed}}}'::{kind_of(words)}[])"


def kind_of(words: Words) -> str:
    """The type of words, or of numbers."""
    return "smallint" if isinstance(next(iter(words)), int) else "text"


def sent(kind: TypeEngine[Any]) -> str:
    """How a value of a column's type is named in a statement that is written by hand."""
    return f"?::{kind.beneath}" if isinstance(kind, Domain) else "?"


def domains(metadata: MetaData) -> Iterator[Domain]:
    """Those that tables have, each once."""
    kinds = (column.type for table in metadata.tables.values() for column in table.columns)
    yield from {kind.name: kind for kind in kinds if isinstance(kind, Domain)}.values()

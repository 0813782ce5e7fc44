"""Some rows of a file on their way into the database, within one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.crypto.fields import FieldCipher
from common.errors import FieldError, Problem, Text
from common.tabular.forms import Form
from registry.importing.references import Lookup

Values = dict[str, Any]
WHOLE_ROW: Final = -1
_PLURALS: Final = {"person_ids": "people"}
_CHECK: Final = Text("核对该单元格后重新导入", "Check the cell and import again")


class Row(NamedTuple):
    """A row of the file: its number and its values by field."""

    number: int
    values: Values


@dataclass(slots=True)
class Chunk:
    """Rows to load, and what came of them.

    `places` says where each field stands in the file; `stock` is what a kind keeps for itself.
    """

    session: AsyncSession
    form: Form
    by: Actor
    now: datetime
    lookup: Lookup
    source: str
    rows: list[Row]
    errors: list[dict[str, Any]] = field(default_factory=list)
    failed: set[int] = field(default_factory=set)
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    places: dict[str, int] = field(default_factory=dict)
    stock: dict[Any, Any] = field(default_factory=dict)
    reach: dict[str | None, bool] = field(default_factory=dict)
    names: set[str] | None = None
    cipher: FieldCipher | None = None

    def refuse(
        self, row: Row, name: str, message: Text, *, slug: str, remedy: Text = _CHECK
    ) -> None:
        """Note that a row cannot be taken because of one of its fields ("" for the whole row)."""
        column = next((c for c in self.form.columns if c.name == name), None)
        self.failed.add(row.number)
        self.errors.append(
            {
                "row": row.number,
                "place": WHOLE_ROW if column is None else self.place(name),
                "heading": self.form.column(self.form.key[0]).zh if column is None else column.zh,
                "value": "" if column and column.is_private else _shown(row.values.get(name)),
                "slug": slug,
                "message_zh": message.zh,
                "message_en": message.en,
                "remedy_zh": remedy.zh,
                "remedy_en": remedy.en,
            }
        )

    def refuse_for(self, row: Row, problem: Problem) -> None:
        """Note that a row cannot be taken because a use case refused it."""
        for error in problem.errors or (FieldError("", None, problem.sentence()),):
            self.refuse(row, field_of(error.pointer), error.message, slug=problem.slug)

    def covers(self, area_code: str | None) -> bool:
        """Whether the caller may write in an area; asked for thousands of rows in few areas."""
        if area_code not in self.reach:
            self.reach[area_code] = self.by.covers(area_code)
        return self.reach[area_code]

    def called(self) -> set[str]:
        """All names by which the rows of this chunk may mean each other."""
        if self.names is None:
            self.names = {name for row in self.rows for name in called_by(row)}
        return self.names

    def standing(self) -> list[Row]:
        """The rows that were not refused so far."""
        return [row for row in self.rows if row.number not in self.failed]

    def place(self, name: str) -> int:
        """The index of a field's column in the file; the form's own order when it is not known."""
        return self.places.get(name, WHOLE_ROW)


def field_of(pointer: str) -> str:
    """The field that a pointer names, without what lies inside it and without the suffix of ids."""
    name = pointer.strip("/").split("/")[0]
    if name.endswith("_ids"):
        return _PLURALS.get(name, name.removesuffix("_ids") + "s")
    return name.removesuffix("_id").removesuffix("_code")


def called_by(row: Row) -> set[str]:
    """The names by which other rows may mean this one."""
    names = (row.values.get(name) for name in ("code", "credit_code", "name"))
    return {str(name) for name in names if name}


def _shown(value: object) -> str:
    if value is None:
        return ""
    parts: Iterable[object] = value if isinstance(value, list) else [value]
    return "；".join(map(str, parts))[:200]

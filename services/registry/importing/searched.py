"""The words by which a record is found, as far as its own columns tell them. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from registry.domain.searching import (
    Category,
    item_tokens,
    organisation_tokens,
    venue_tokens,
)

Categories = Mapping[str, Sequence[Any]]
"""Code -> path of codes, names from the root: `Category` as JSON keeps it."""

_ORGANISATION: Final = (
    "name",
    "short_name",
    "code",
    "credit_code",
    "filing_number",
    "address",
)
TOLD_BY: Final[Mapping[str, frozenset[str]]] = {
    "organisation": frozenset(_ORGANISATION),
    "venue": frozenset({"name", "address", "code"}),
    "service_item": frozenset({"name", "description", "category", "code"}),
}


def tokens(kind: str, row: Mapping[str, Any], categories: Categories) -> list[str]:
    """The tokens of a record of a kind. Offerings are searched in memory."""
    if kind == "organisation":
        return organisation_tokens(**{name: row[name] for name in _ORGANISATION})
    if kind == "venue":
        return venue_tokens(row["name"], row["address"], row["code"])
    path, names = categories[row["category"]]
    category = Category(path, tuple(names))
    return item_tokens(row["name"], row["description"], category, row["code"])

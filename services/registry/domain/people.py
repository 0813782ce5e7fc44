"""People: what a registration asks for, and how far somebody has come. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from common.errors import FieldError, Invalid, Text

_REGISTERED: Final = ("certificate_number", "qualified_from", "qualified_to")


class WrongPerson(Invalid):
    """Parts of a person's record that contradict each other."""

    slug = "wrong-person"
    title = Text("人员内容前后矛盾", "The record contradicts itself")


def check(person: Mapping[str, Any]) -> None:
    """Refuse half a qualification, or one that ends before it begins. Raises `WrongPerson`."""
    if found := list(_faults(person)):
        raise WrongPerson(errors=found)


def _faults(person: Mapping[str, Any]) -> Iterator[FieldError]:
    is_qualified = person["qualification"] is not None
    for name in _REGISTERED:
        if (person[name] is not None) != is_qualified:
            message = Text(
                "职业资格、证书编号与登记有效期须同时填写",
                "qualification, certificate and period go together",
            )
            yield FieldError(f"/{name}", None, message)
    begins, ends = person["qualified_from"], person["qualified_to"]
    if begins is not None and ends is not None and ends < begins:
        message = Text("截止不得早于起始", "the last day is not before the first")
        yield FieldError("/qualified_to", str(ends), message)


def is_qualified(begins: date | None, ends: date | None, on: date) -> bool:
    """Whether a registration is valid on a day; both ends belong to it."""
    return begins is not None and ends is not None and begins <= on <= ends


def due(required: float, begins: date, ends: date, on: date) -> float:
    """The hours that should be there on a day, in proportion to the days of the period gone.

    The whole is due on the last day; nothing is due before the first.
    """
    days = (ends - begins).days + 1
    gone = min(max((on - begins).days + 1, 0), days)
    return round(required * gone / days, 2)

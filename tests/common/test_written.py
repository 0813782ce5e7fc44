"""Days and instants are taken as people write them, in every model of input."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import Field, ValidationError

from common.contracts.base import Input, Instant
from common.contracts.written import DAY, INSTANT, NUMBER, OUT_OF_REACH, NotWritten


class Part(Input):
    on: date
    at: Instant | None = None


class Whole(Input):
    parts: list[Part]
    last: date = date(2026, 11, 30)


def part(**said: Any) -> Whole:
    return Whole.model_validate({"parts": [{"on": "2026-11-30", **said}]})


def test_what_is_written_is_read_as_it_always_was() -> None:
    read = part(at="2026-11-30T09:00:00+08:00").parts[0]

    assert (read.on, read.at) == (date(2026, 11, 30), datetime(2026, 11, 30, 1, tzinfo=UTC))
    assert part(at=None).last == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"on": "0"}, DAY),
        ({"on": 86_400}, DAY),
        ({"at": 20261130}, INSTANT),
        ({"at": "20261130"}, INSTANT),
        ({"at": 1.5}, INSTANT),
        ({"on": "-2.220446049250313e-16"}, DAY),
        ({"on": "9999-12-31"}, OUT_OF_REACH),
        ({"at": "9999-12-31T23:59:59-14:00"}, OUT_OF_REACH),
        ({"at": "0001-01-01T00:00:00+14:00"}, OUT_OF_REACH),
    ],
)
def test_a_number_is_no_time_and_the_ends_of_the_calendar_are_none(
    said: dict[str, Any], text: Any
) -> None:
    with pytest.raises(ValidationError) as refusal:
        part(**said)

    [fault] = refusal.value.errors()
    told = fault["ctx"]["error"]
    assert isinstance(told, NotWritten)
    assert told.text is text


class Counted(Input):
    whole: int = Field(0, ge=-9, le=99)
    broken: float | None = None
    exact: Decimal = Decimal(0)
    each: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "said",
    [
        {"whole": "1_0"},
        {"broken": "1_0.5"},
        {"broken": "inf"},
        {"broken": "nan"},
        {"broken": "1e400"},
        {"exact": "１.5"},
        {"exact": "1_0"},
        {"each": ["1_0"]},
    ],
)
def test_a_text_that_is_a_number_to_python_alone_is_none(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        Counted.model_validate(said)

    assert refusal.value.errors()[0]["ctx"]["error"].text is NUMBER


def test_numbers_are_read_as_they_always_were() -> None:
    read = Counted.model_validate(
        {"whole": " -3 ", "broken": "1.5e2", "exact": ".25", "each": [7, "8", "+9"]}
    )

    assert (read.whole, read.broken, read.exact) == (-3, 150.0, Decimal("0.25"))
    assert read.each == (7, 8, 9)
    with pytest.raises(ValidationError) as refusal:
        Counted.model_validate({"whole": "many"})
    assert refusal.value.errors()[0]["type"] == "int_parsing"


def test_the_document_of_the_interface_says_what_it_said() -> None:
    said = Part.model_json_schema()["properties"]

    assert (said["on"]["type"], said["on"]["format"]) == ("string", "date")
    whole = Counted.model_json_schema()["properties"]["whole"]
    assert (whole["type"], whole["minimum"], whole["maximum"]) == ("integer", -9, 99)

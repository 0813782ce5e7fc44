"""Rules from TOML (one document a file) and from CSV (one rule a line), checked on the way in."""

import csv
import io
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, Final

from common.errors import Invalid, Problem, Text
from common.rules.bounds import check_bounds
from common.rules.rule import Confidence, Operator, Rule, Scalar, short_jurisdiction
from common.rules.table import RuleTable

_OPTIONAL: Final = ("method", "unit", "verified_by")
_KNOWN: Final = {
    *("code", "parameter", "object", "operator", "value", "inclusive", "article", "confidence"),
    *("jurisdiction", "valid_from", "valid_to", "document", "text_zh", "text_en", "note"),
    *_OPTIONAL,
}


class WrongRules(Invalid):
    """A file of rules that cannot be read; nothing of it is used."""

    slug = "wrong-rules"
    title = Text("规则文件有误", "Wrong rules file")
    detail = Text("{place}：{reason}", "{place}: {reason}")


def read_rules(text: str, *, place: str = "rules.toml") -> list[Rule]:
    """The rules of one TOML file: `[document]` says what they share, `[[rule]]` are the rows."""
    try:
        content = tomllib.loads(text, parse_float=Decimal)
        document = content["document"]
        shared = {
            key: document[key]
            for key in ("jurisdiction", "valid_from", "valid_to", "verified_by")
            if key in document
        }
        shared["document"] = document["number"]
        rows = content["rule"]
    except (KeyError, TypeError, ValueError) as fault:
        raise _wrong(place, fault) from None
    return [_rule({**shared, **row}, f"{place} [{n}]") for n, row in enumerate(rows, start=1)]


def read_rules_csv(text: str, *, place: str = "rules.csv") -> list[Rule]:
    """The rules of a CSV file whose headings are the field names; an empty cell is no value."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        return [_csv_rule(row, f"{place}:{rows.line_num}") for row in rows]
    except csv.Error as fault:
        raise _wrong(place, fault) from None


@cache
def packaged_rules(package: str) -> RuleTable:
    """The rules that come with a service: `<package>/rules/*.toml`, in order of their names."""
    folder = files(package).joinpath("rules")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".toml"))
    return RuleTable(
        rule
        for name in names
        for rule in read_rules(folder.joinpath(name).read_text(encoding="utf-8"), place=name)
    )


def _rule(fields: Mapping[str, Any], place: str) -> Rule:
    if unknown := sorted(set(fields) - _KNOWN):
        raise _wrong(place, f"unknown field {', '.join(unknown)}")
    try:
        operator = Operator(fields["operator"])
        check_bounds(fields["code"], fields.get("unit"), fields.get("value"))
        return Rule(
            code=fields["code"],
            parameter=fields["parameter"],
            object=fields["object"],
            operator=operator,
            value=fields.get("value"),
            document=fields["document"],
            article=fields.get("article", ""),
            jurisdiction=short_jurisdiction(fields["jurisdiction"]),
            valid_from=_day(fields["valid_from"]),
            valid_to=_day(fields["valid_to"]) if fields.get("valid_to") else None,
            confidence=Confidence(fields["confidence"]),
            inclusive=fields.get("inclusive", operator not in {Operator.UNDER, Operator.OVER}),
            text=Text(fields.get("text_zh", ""), fields.get("text_en", "")),
            note=fields.get("note", ""),
            **{key: fields.get(key) or None for key in _OPTIONAL},
        )
    except Problem as fault:
        raise _wrong(place, fault.sentence()) from None
    except (KeyError, TypeError, ValueError) as fault:
        raise _wrong(place, fault) from None


def _csv_rule(row: Mapping[str | None, Any], place: str) -> Rule:
    if None in row or None in row.values():
        raise _wrong(place, "the number of cells does not fit the headings")
    fields: dict[str, Any] = {str(key): cell for key, cell in row.items() if cell != ""}
    if "value" in fields:
        fields["value"] = scalar(fields["value"])
    if "inclusive" in fields:
        fields["inclusive"] = scalar(fields["inclusive"])
    return _rule(fields, place)


def scalar(text: str) -> Scalar:
    """A value as written in a cell: true, false, a whole number, an exact decimal, or words."""
    if text in {"true", "false"}:
        return text == "true"
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite():
        return text
    return int(number) if "." not in text and "e" not in text.lower() else number


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _wrong(place: str, reason: object) -> WrongRules:
    told = reason if isinstance(reason, Text) else f"{reason}"
    return WrongRules(place=place, reason=told)

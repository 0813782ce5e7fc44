"""Within which bounds a value of a unit lies, where one beyond them would upset what is computed.

Or would tell of single people: fewer than ten ballots are no figure to publish.

What is ordered by minutes keeps open facts a million minutes below sure ones (the scores of the
matching). Within these bounds no sum comes near it: 500 km at the slowest walk and the largest
factors are 405,000 minutes. Pure.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from common.errors import FieldError, Invalid, Text
from common.rules.rule import Scalar


class Bounds(NamedTuple):
    """The least and the largest value, and why."""

    least: int
    most: int
    reason: Text


BOUNDS: Final[Mapping[str, Bounds]] = {
    "factor": Bounds(
        0,
        3,
        Text("更大的权重使其他各项不再起作用", "a larger weight lets nothing else count"),
    ),
    "straight line": Bounds(1, 3, Text("没有比直线更短的路", "no way is shorter than the line")),
    "minute": Bounds(
        *(0, 1_440),
        Text("一天为 1440 分钟，更长的以小时或天计", "a day; more is told in hours or days"),
    ),
    "ballot": Bounds(
        *(10, 30_000_000),
        Text("少于十张的票数说得出各人投了什么", "fewer ballots tell what each has chosen"),
    ),
    "km/h": Bounds(2, 10, Text("步行速度在此之间", "nobody walks slower or faster for long")),
}


class RuleValueOutOfBounds(Invalid):
    """The value is smaller or larger than its unit bears."""

    slug = "rule-value-out-of-bounds"
    title = Text("规则数值超出界限", "Value out of bounds")
    detail = Text(
        "规则 {code} 的数值（{unit}）填写为 {value}，须在 {least} 至 {most} 之间：{reason}。",
        "The value of rule {code} ({unit}) is {value}; it lies between {least} and {most}: "
        "{reason}.",
    )


def check_bounds(code: str, unit: str | None, value: Scalar | None) -> None:
    """Raises `RuleValueOutOfBounds`. Truth, words and units without bounds pass."""
    bounds = BOUNDS.get(unit or "")
    if bounds is None or value is None or isinstance(value, bool | str):
        return
    least, most, reason = bounds
    if not least <= Decimal(value) <= most:
        told = Text(f"须在 {least} 至 {most} 之间", f"from {least} to {most}")
        raise RuleValueOutOfBounds(
            code=code,
            unit=unit,
            value=value,
            least=least,
            most=most,
            reason=reason,
            errors=[FieldError("/value", value, told)],
        )

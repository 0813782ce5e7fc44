"""The cost statement: staff at no less than the wage guide, a bounded share of management.

Pure. Money is whole fen; staff are counted in person-months at a monthly pay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from common.contracts.procurement_contracts import CostKind, CostLine
from common.errors import Conflict, FieldError, Text
from common.money import show_yuan
from common.rules import Rule, RulesInForce

MANAGEMENT = "costing.management_share"


class BelowWageGuide(Conflict):
    """A purchase that cannot pay its people is not bought."""

    slug = "below-wage-guide"
    title = Text("人员成本低于工资指导下限", "Below the wage guide")
    detail = Text(
        "人员月薪低于当期工资指导下限，请调整成本测算，详见 errors。",
        "A monthly pay is below the floor of the wage guide in force; see errors.",
    )


class ManagementTooDear(Conflict):
    """The share of management is bounded."""

    slug = "management-too-dear"
    title = Text("管理费占比过高", "Too much for management")
    detail = Text(
        "管理费不得超过总额的 {most}（{rule}），现为 {given}。",
        "Management may take {most} of the whole at most ({rule}), not {given}.",
    )


@dataclass(frozen=True, slots=True)
class Costed:
    """A line with its amount, and the floor that held for it."""

    line: CostLine
    amount_fen: int
    floor: Rule | None


def costed(lines: Sequence[CostLine], in_force: RulesInForce) -> list[Costed]:
    """Every line with its amount. Raises `BelowWageGuide`, `ManagementTooDear`, `RuleNotSet`.

    Source: rules wage.* (the guide in force when the contract is drawn up), costing.*.
    """
    found = [Costed(line, line.quantity * line.unit_fen, _floor(line, in_force)) for line in lines]
    low = [
        FieldError(f"/costs/{position}/unit_fen", each.line.unit_fen, _at_least(each.floor))
        for position, each in enumerate(found)
        if each.floor is not None and not each.floor.admits(each.line.unit_fen)
    ]
    if low:
        raise BelowWageGuide(errors=low)
    _check_management(found, in_force.rule(MANAGEMENT))
    return found


def _floor(line: CostLine, in_force: RulesInForce) -> Rule | None:
    return in_force.rule(f"wage.{line.grade}") if line.grade is not None else None


def _at_least(floor: Rule) -> Text:
    fen = show_yuan(floor.number)
    return Text(f"不得低于 {fen}（{floor.code}）", f"{fen} at least ({floor.code})")


def _check_management(lines: Sequence[Costed], rule: Rule) -> None:
    whole = sum(each.amount_fen for each in lines)
    management = sum(each.amount_fen for each in lines if each.line.kind is CostKind.MANAGEMENT)
    share = Fraction(management, whole)
    if not rule.admits(share):
        raise ManagementTooDear(
            rule=rule.code, most=f"{float(rule.share):.0%}", given=f"{float(share):.1%}"
        )

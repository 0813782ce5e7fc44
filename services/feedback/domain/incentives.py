"""Incentives 奖补 and models 示范: a published formula over published figures.

Pure, in whole fen. Source: rules `incentive.*`; the figures are those of the final assessment, so
that everybody who reads it can compute the awards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from uuid import UUID

from common.contracts.feedback_assessments import Award
from common.errors import Conflict, Text
from common.rules import RulesInForce

FORMULA: Final = (
    "earned = most × (lower_bound − floor) ÷ (1 − floor), 0 below floor; "
    "award = earned × min(1, pot ÷ Σ earned), whole fen, rounded down"
)
BEST: Final = 1
_FLOOR, _MOST, _MODEL = "incentive.floor", "incentive.most", "incentive.model"
CODES: Final = (_FLOOR, _MOST, _MODEL)


class NotFinal(Conflict):
    """Some result of the assessment may still change."""

    slug = "assessment-not-final"
    title = Text("考核尚无定论", "The assessment is not final")
    detail = Text(
        "考核仍有 {open} 项结果未定论，公示与申诉结束后再核定奖补。",
        "{open} results are not final; grant when publicity and appeals are over.",
    )


class AlreadyGranted(Conflict):
    """An assessment earns once."""

    slug = "incentive-granted"
    title = Text("奖补已核定", "Granted already")
    detail = Text("每次考核只核定一次奖补。", "An assessment earns once.")


@dataclass(frozen=True, slots=True)
class Judged:
    """A final result, as published."""

    subject_id: UUID
    lower_bound: float
    band: int


def awards(results: Sequence[Judged], pot_fen: int, in_force: RulesInForce) -> list[Award]:
    """What each subject earns; in proportion where the pot is too small for all."""
    floor = in_force.rule(_FLOOR).ratio
    most = in_force.rule(_MOST).number
    model = in_force.rule(_MODEL)
    earned = {each.subject_id: _earned(_exact(each), floor, most) for each in results}
    total = sum(earned.values())
    return [
        Award(
            subject_id=each.subject_id,
            lower_bound=each.lower_bound,
            band=each.band,
            earned_fen=earned[each.subject_id],
            award_fen=_within(earned[each.subject_id], pot_fen, total),
            is_model=each.band == BEST and model.admits(_exact(each)),
        )
        for each in sorted(results, key=lambda each: (each.band, each.subject_id))
    ]


def _exact(each: Judged) -> Fraction:
    """The published bound, as it is written."""
    return Fraction(str(each.lower_bound))


def _earned(bound: Fraction, floor: Fraction, most: int) -> int:
    return int(most * (bound - floor) / (1 - floor)) if floor < bound else 0


def _within(earned: int, pot_fen: int, total: int) -> int:
    return earned if total <= pot_fen else earned * pot_fen // total

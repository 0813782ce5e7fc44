"""Every rule that the procurement keeps is read by its code, or stands here with the reason."""

import ast
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from common.rules import Rule, packaged_rules

CODE: Final = Path(__file__).parents[3] / "services/procurement"
FAMILIES: Final = ("rating.weight.", "wage.")  # read by f-strings: one rule a source, a grade

# The law's sentence is the form of the code: no value of the table could change it.
BUILT_IN: Final[Mapping[str, str]] = {
    "gpl.5.free_entry": "no condition of origin exists; local ones are refused by reg.20",
    "reg.30.budget_published": "value_fen is a field of every notice",
    "reg.44.no_re_evaluation": "a round is evaluated once; another begins by a remedy alone",
    "reg.54.suspend_signing": "a suspended purchase refuses every step, the signing too",
    "94.42.first_day": "clocks.due never counts the first day",
    "94.42.inclusive": "a rule says itself whether it includes its number",
    "87.12.floor_price": "there is no field for a floor price",
    "87.44.qualified_bidders": "gpl.36.conforming_suppliers, counted after the check of conditions",
    "87.55.qualification_scored": "a condition has no points",
    "87.60.abnormally_low": "a low price that is not accepted is out (2026-2)",
    "214.3.applies": "a consultation may buy services",
    "214.24.price_score": "scoring.price_points; a formula is no number",
    "110.3.recipients": "110.stage2 lists the choice by recipients",
    "110.3.suppliers_to_choose": "110.stage1_responses asks two of every call-off",
    "102.8.excluded_bodies": "providers.check_kind",
    "102.11.catalogue": "tenders.check_purchasable, and no notice without reserved money",
    "102.transfer": "a contract has no step that changes its provider",
    "2026-2.basis": "scoring.low_rules is given the prices that were bid",
    "39.grades": "the registry's pattern of grades",
    "39.use": "no criterion looks at a grade",
    "rating.use.unrated": "no step asks whether a provider is rated",
    "rating.related_buyer": "what is related is left out before it is weighed",
    "rating.appeal": "an appeal suspends by lawful_uses and level_of",
}
# What the platform has no step for: the office does it elsewhere, or the stricter rule holds here.
NO_STEP: Final[Mapping[str, str]] = {
    "gpl.27.open_tender_threshold": "who sets the threshold; its number is sh.open_tender",
    "gpl.42.file_retention": "nothing of a purchase is ever deleted",
    "gpl.85.emergency": "emergency purchases are outside the law, and outside this service",
    "reg.15.public_consulted": "the agenda and the survey of a purchase tell it; no refusal",
    "reg.18.management_relation": "who controls whom is known of ties alone; a guard tells them",
    "reg.18.prior_work": "prior work is not recorded",
    "reg.21.prequalification": "there is no pre-qualification",
    "reg.27.only_supplier": "the ground is named and published; offices judge it",
    "reg.33.bid_bond": "no bonds are taken",
    "reg.33.bid_bond_return": "no bonds are taken",
    "reg.48.performance_bond": "no bonds are taken",
    "214.6.recommended": "nobody is recommended: a consultation is open to all",
    "214.25.candidates": "all who stand are ranked",
    "110.4.form": "a preference between forms",
    "110.5.organiser": "approved outside",
    "110.filing": "the framework agreement is filed on the designated platform",
    "2026-2.raised": "documents do not raise the rates",
    "39.validity": "a qualification carries its own last day",
    "39.applicant_age": "grades are given by the civil affairs authority",
    "2016-54.share": "a share of a year's new money, not of a purchase",
    "2016-54.young": "nobody is refused for youth",
}


def words() -> Iterator[str]:
    """Every text constant in the code of the service."""
    for path in CODE.rglob("*.py"):
        if "migrations" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def is_read(rule: Rule, known: frozenset[str]) -> bool:
    return rule.code in known or rule.parameter in known or rule.code.startswith(FAMILIES)


def test_a_rule_is_read_by_the_code_or_stands_here_with_the_reason() -> None:
    known = frozenset(words())
    held = packaged_rules("procurement").at(date(2026, 12, 1), "310101002001")
    unread = {rule.code for rule in held if not is_read(rule, known)}

    assert unread - {*BUILT_IN, *NO_STEP} == set(), "kept, read by nothing and explained nowhere"
    assert {*BUILT_IN, *NO_STEP} - unread == set(), "explained here, but read by now"
    assert not BUILT_IN.keys() & NO_STEP.keys()

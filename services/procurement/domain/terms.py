"""The terms of a purchase: every rule that holds for it, frozen when it is announced.

Pure. Later changes of the rule table never reach a purchase: it reads its own copy.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from common.contracts.procurement_tenders import BoughtObject
from common.contracts.vocabulary import PurchaseMethod
from common.rules import Confidence, NoRule, Operator, Rule, RulesInForce

M = PurchaseMethod
# Whose rules hold where a method has none of its own: 政府采购法 35 and 36 speak of every tender,
# 40 of the inquiry group as 38 of the negotiation's; 110号令 runs the first stage as a tender.
KIN: Final = {M.INVITED_TENDER: M.OPEN_TENDER, M.INQUIRY: M.NEGOTIATION, M.FRAMEWORK: M.OPEN_TENDER}
ANY: Final = "*"

# What each purchase needs to know; `*` stands for the object that is bought.
_ALWAYS: Final = (
    ("quantified_criteria", "criterion"),
    ("local_performance_as_condition", "criterion"),
    ("organisational_form_as_condition", "criterion"),
    ("supplier_size_as_condition", "criterion"),
    ("reveal_window", "bid"),
    ("award_decision", "award"),
    ("award_notice", "award"),
    ("evaluation_report", "report"),
    ("contract_signing", "contract"),
    ("challenge_period", "challenge"),
    ("challenge_answer", "challenge"),
    ("complaint_period", "supplier_complaint"),
    ("complaint_review", "supplier_complaint"),
    ("complaint_notice", "supplier_complaint"),
    ("complaint_decision", "supplier_complaint"),
    ("suspension", "supplier_complaint"),
    ("recusal_relation", "evaluator"),
    ("random_experts", "panel"),
    ("abnormally_low_to_mean", "bid"),
    ("abnormally_low_to_next", "bid"),
    ("abnormally_low_to_ceiling", "bid"),
    ("explanation_time", "bid"),
    ("small_firm_deduction", ANY),
    ("small_firm_deduction_ceiling", ANY),
    ("consortium_deduction", ANY),
    ("consortium_deduction_ceiling", ANY),
    ("only_enterprises", "supplier"),
    ("reserved_below", "purchase"),
    ("reserved_share_above", "purchase"),
    ("reserved_for_small", "purchase"),
    ("inquiry_answer", "enquiry"),
)
_PANEL: Final = (("panel_size", "panel"), ("panel_experts", "panel"))
_SCORED: Final = (("price_weight", ANY), ("tie_rule", "award"))
_OPEN_TO_ALL: Final = (("documents_available", "document"), ("notice_period", "notice"))
_PERIOD: Final = (("suppliers", "purchase"), ("tender_period", "purchase"))
NEEDED: Final[Mapping[PurchaseMethod, tuple[tuple[str, str], ...]]] = {
    M.OPEN_TENDER: (
        *(*_PERIOD, *_PANEL, *_SCORED, ("large_panel_size", "panel")),
        *(("large_panel_budget", "purchase"), ("clarification_before_deadline", "amendment")),
        *_OPEN_TO_ALL,
    ),
    M.INVITED_TENDER: (
        *(*_PERIOD, *_PANEL, *_SCORED, ("large_panel_size", "panel")),
        *(("large_panel_budget", "purchase"), ("clarification_before_deadline", "amendment")),
    ),
    M.CONSULTATION: (
        *(*_PERIOD, *_PANEL, ("price_weight", ANY), ("price_weight_ceiling", ANY)),
        *(("final_offers", "bid"), ("final_offers_when_few", "bid")),
        ("documents_available", "document"),
    ),
    M.NEGOTIATION: (*_PERIOD, *_PANEL, ("award_rule", "award"), ("large_panel_size", "panel")),
    M.INQUIRY: (*_PERIOD, *_PANEL, ("large_panel_size", "panel")),
    M.SINGLE_SOURCE: (
        *(("suppliers", "purchase"), ("single_source_publicity", "notice")),
        ("single_source_addition", "contract"),
    ),
    M.FRAMEWORK: (
        *(("suppliers", "framework"), ("tender_period", "purchase"), *_PANEL, *_SCORED),
        *_OPEN_TO_ALL,
        *(("elimination", "framework"), ("elimination_least", "framework")),
        *(("elimination_quality_first", "framework"), ("top_up", "framework")),
        *(("framework_term", ANY), ("second_stage_methods", "framework")),
        *(("removed_may_rejoin", "framework"), ("call_off_period", "purchase")),
    ),
    M.SELECTION: (*_PERIOD, *_PANEL, ("tie_rule", "award")),
}


_SERVICES_ONLY: Final = frozenset({"final_offers_when_few"})  # 财库〔2015〕124号: services


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of one purchase by parameter. Asking for one that it has not is refused."""

    rules: Mapping[str, Rule]
    day: date
    jurisdiction: str

    def __getitem__(self, parameter: str) -> Rule:
        """The rule that sets a parameter here."""
        found = self.rules.get(parameter)
        if found is None:
            raise NoRule(name=parameter, day=self.day, jurisdiction=self.jurisdiction)
        return found

    def __contains__(self, parameter: str) -> bool:
        return parameter in self.rules

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def kept(self) -> list[dict[str, Any]]:
        """The rules as a purchase keeps them."""
        return [
            {
                **{name: getattr(rule, name) for name in _KEPT},
                "value": _plain(rule.known),
                "is_exact": isinstance(rule.value, Decimal),
                "valid_from": rule.valid_from.isoformat(),
            }
            for rule in self
        ]


_KEPT: Final = (
    *("code", "parameter", "object", "operator", "method", "unit", "document", "article"),
    *("jurisdiction", "inclusive", "confidence", "verified_by"),
)


def frozen(method: PurchaseMethod, bought: BoughtObject, held: RulesInForce) -> Terms:
    """The rules of a method as they hold now. Raises `NoRule`, `RuleNotSet` by name."""
    asked = [
        each
        for each in (*_ALWAYS, *NEEDED.get(method, ()))
        if bought is BoughtObject.SERVICE or each[0] not in _SERVICES_ONLY
    ]
    found = {
        parameter: setting(held, parameter, _object(parameter, named, bought), method)
        for parameter, named in asked
    }
    for rule in found.values():
        _ = rule.known  # an empty value is refused here, before anything is announced
    return Terms(found, held.day, held.jurisdiction)


def setting(held: RulesInForce, parameter: str, named: str, method: PurchaseMethod) -> Rule:
    """A rule of a method, or of the method whose rules hold in its place."""
    try:
        return held.setting(parameter, named, method=method)
    except NoRule:
        kin = KIN.get(method)
        if kin is None:
            raise
        return held.setting(parameter, named, method=kin)


def of_kept(rows: Iterable[Mapping[str, Any]], day: date, jurisdiction: str) -> Terms:
    """The terms that a purchase kept."""
    return Terms({row["parameter"]: _rule(row) for row in rows}, day, jurisdiction)


def _rule(row: Mapping[str, Any]) -> Rule:
    value = row["value"]
    return Rule(
        **{name: row[name] for name in _KEPT if name not in {"operator", "confidence"}},
        operator=Operator(row["operator"]),
        confidence=Confidence(row["confidence"]),
        value=Decimal(value) if row["is_exact"] else value,
        valid_from=date.fromisoformat(row["valid_from"]),
    )


def _object(parameter: str, named: str, bought: BoughtObject) -> str:
    if named != ANY:
        return named
    # 财库〔2022〕19号 sets one rate for goods and services; its rows name services.
    alike = parameter.startswith(("consortium", "small_firm"))
    return BoughtObject.SERVICE if alike else bought


def _plain(value: object) -> bool | int | str:
    return value if isinstance(value, bool | int) else str(value)

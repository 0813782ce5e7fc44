"""What a release says of how the winner is found is what the rules of its method do."""

from typing import Any
from uuid import UUID

import pytest

from procurement.domain.ocds.tender import tender
from procurement.domain.ocds.values import Facts

BARE = (
    *("tender_period_start_at", "tender_period_end_at", "enquiry_period_end_at", "tenderers"),
    *("suspended_at", "challenged_at", "framework_form", "framework_id", "second_stage"),
    *("framework_ends_on", "first_period_end_at"),
)
QUALITY = {"position": 2, "kind": "quality", "name": "人员", "indicator": "人数", "points": 80}
MINI = {"framework_id": UUID(int=9), "second_stage": "mini_competition"}


def told(method: str, weight: float, criteria: list[Any], **more: Any) -> Any:
    row = {
        **dict.fromkeys(BARE),
        "id": UUID(int=1),
        "title": "助餐",
        "description": "送餐",
        "step": "tendering",
        "object": "service",
        "category": "meal",
        "buyer_id": UUID(int=2),
        "value_fen": 100,
        "rules": [],
        "method": method,
        "price_weight": weight,
        **more,
    }
    return tender(Facts(tender=row, criteria=criteria))


def factors(found: Any) -> dict[str, float]:
    """The kinds of factors of the lot, with their numbers."""
    listed = found["lots"][0].get("awardCriteria", {}).get("criteria", [])
    return {each["type"]: each["numbers"][0]["number"] for each in listed}


@pytest.mark.parametrize(
    ("method", "weight", "criteria", "more", "code", "weights"),
    [
        ("open_tender", 0.2, [QUALITY], {}, "ratedCriteria", {"price": 20, "quality": 80}),
        ("open_tender", 0, [QUALITY], {}, "qualityOnly", {"quality": 80}),  # 固定价格
        ("inquiry", 0, [], {}, "priceOnly", {"price": 100}),
        ("negotiation", 0, [], {}, "priceOnly", {"price": 100}),
        ("framework", 1, [], {"framework_form": "closed"}, "priceOnly", {"price": 100}),
        ("framework", 1, [], {"framework_form": "open"}, None, {}),
        ("framework", 1, [], MINI, "priceOnly", {"price": 100}),
        ("framework", 1, [], {**MINI, "second_stage": "rotation"}, None, {}),
        ("single_source", 0, [], {}, None, {}),
        ("open_tender", 0, [], {}, None, {}),  # conducted elsewhere, its documents there
    ],
)
def test_award_criteria_follow_the_method(
    method: str, weight: float, criteria: list[Any], more: Any, code: Any, weights: Any
) -> None:
    found = told(method, weight, criteria, **more)

    assert (found.get("awardCriteria"), factors(found)) == (code, weights)

"""Values that would upset what is computed from them are refused, with bounds and reason."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.auth.roles import Role
from common.rules import WrongRules, packaged_rules, read_rules_csv
from common.rules.bounds import BOUNDS
from matching.domain.scoring import BELOW, FAR

HEADING = "code,parameter,object,operator,value,unit,document,jurisdiction,valid_from,confidence"


@pytest.fixture
def service() -> str:
    return "matching"


@pytest.fixture
def city(bearer: Callable[..., dict[str, str]]) -> dict[str, str]:
    return {**bearer(Role.CITY_OFFICE, area="31"), "Idempotency-Key": str(uuid4())}


async def rule(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    [one] = [each for each in packaged_rules("matching").rules if each.code == code]
    page = (await client.get("/v1/rules", params={"parameter": one.parameter})).json()
    found: dict[str, Any] = next(each for each in page["items"] if each["code"] == code)
    return found


@pytest.mark.parametrize(
    ("code", "value", "status"),
    [
        ("score.wish", 500_000, 422),
        ("score.wish", "1440.01", 422),
        ("score.wish", 1440, 200),
        ("score.rating", -1, 422),
        ("score.walking", "3.01", 422),
        ("score.walking", 3, 200),
        ("walk.speed", 0, 422),
        ("walk.speed", 2, 200),
        ("walk.detour", 0, 422),
        ("walk.detour", 1, 200),
    ],
)
async def test_a_weight_beyond_its_bounds_is_refused(
    client: httpx.AsyncClient,
    city: dict[str, str],
    code: str,
    value: int | str,
    status: int,
) -> None:
    found = await rule(client, code)
    number = value if isinstance(value, int) else float(value)
    body = {"value": number, "reason": "演示：权重过大"}
    headers = {**city, "If-Match": '"v1"', "Accept-Language": "en"}
    answer = await client.put(f"/v1/rules/{found['id']}/value", json=body, headers=headers)
    later = {**body, "valid_from": "2027-01-01", "document": "演示", "article": "1"}
    path = f"/v1/rules/{found['id']}/successors"
    follows = await client.post(path, json=later, headers={**city, "Idempotency-Key": str(uuid4())})

    assert (answer.status_code, follows.status_code) == (status, 422 if status == 422 else 201)
    if status == 422:
        told = answer.json()
        assert (told["type"], told["errors"][0]["pointer"]) == (
            "rule-value-out-of-bounds",
            "/value",
        )
        assert code in told["detail"]
        assert str(BOUNDS[found["unit"]].most) in told["detail"]


def test_a_file_of_rules_keeps_the_bounds_too() -> None:
    row = "score.wish,wish,match,is,500000,minute,x,310000,2026-01-01,P"
    with pytest.raises(WrongRules, match="1440"):
        read_rules_csv(f"{HEADING}\n{row}\n")


def test_within_the_bounds_no_open_fact_looks_sure() -> None:
    """The farthest places of a city lie less than 500 km apart."""
    units = "factor", "straight line", "minute", "km/h"
    factor, detour, minute, speed = (BOUNDS[unit] for unit in units)
    far = max(Decimal(FAR), Decimal(500 * 60 * factor.most) / speed.least)
    walking = factor.most * detour.most * far
    openness = minute.most + minute.most  # a rating, or a new provider, and all wishes met

    assert walking < Decimal(BELOW) / 2
    assert Decimal(BELOW) - openness >= Decimal(BELOW) / 2

"""Chapter three, second half: the contract is signed by both, published, and readable as OCDS."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from common.clock import city_day
from deploy.local.story.people import PUBLIC, People
from deploy.local.story.telling import Teller
from deploy.local.story.tender import Won

WAGE_FEN: Final = 300_000  # a month of a worker, above the minimum wage


@dataclass(frozen=True, slots=True)
class Bought:
    """The published contract and what the public reads of the whole purchase."""

    contract: dict[str, Any]
    record: dict[str, Any]


async def contract(tell: Teller, people: People, won: Won, *, after_days: int = 1) -> Bought:
    """Sign and publish what was awarded; it begins so many days after today."""
    award = won.award
    body = _agreed(people, award, won.line, city_day(tell.clock.now) + timedelta(days=after_days))
    made = await tell.post(
        people.clerk, "procurement/v1/contracts", body, "起草合同", "The contract is drawn up"
    )
    path = f"procurement/v1/contracts/{made['id']}"
    for who, zh, en in (
        (people.provider(award["supplier_id"]), "承接方签署", "The provider signs"),
        (people.head, "购买方签署，资金即承付", "The buyer signs; the money is committed"),
    ):
        made = await tell.post(who, f"{path}/signature", None, zh, en, of=made)
    published = await tell.post(
        people.clerk, f"{path}/publication", None, "合同公开", "The contract is public", of=made
    )
    record = await tell.when_told(
        lambda: tell.get(
            PUBLIC,
            f"procurement/ocds/records/{won.tender['ocid']}",
            "全过程按 OCDS 公开",
            "The whole purchase as an OCDS record",
        ),
        lambda found: "contracts" in found["records"][0]["compiledRelease"],
    )
    return Bought(published, record["records"][0])


def _agreed(people: People, award: dict[str, Any], line: str, start: date) -> dict[str, Any]:
    """Money, costs and milestones that add up, over a year."""
    value = award["value_fen"]
    last = start + timedelta(days=364)
    months = value // WAGE_FEN - 1
    half = value // 2
    return {
        "award_id": award["id"],
        "title": "演示 老年助餐配送合同",
        "value_fen": value,
        "area_codes": [people.place.street_area],
        "target_groups": ["elderly"],
        "exclusions": ["banquet"],
        "quota": {"hours_max": 40, "excess": "refused"},
        "period_start_on": str(start),
        "period_end_on": str(last),
        "service_days": 240,
        "funding": [{"line_id": line, "value_fen": value}],
        "costs": [
            {"kind": "staff", "name": "送餐员", "grade": "worker"}
            | {"quantity": months, "unit_fen": WAGE_FEN},
            {"kind": "activity", "name": "餐食", "quantity": 1}
            | {"unit_fen": value - months * WAGE_FEN},
        ],
        "milestones": [
            {"title": "上半年", "due_on": str(start + timedelta(days=180))}
            | {"service_days": 120, "pay_fen": half},
            {"title": "下半年", "due_on": str(last)}
            | {"service_days": 120, "pay_fen": value - half},
        ],
    }

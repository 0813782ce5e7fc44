"""Chapter five, second half: another street has the same provider serve it, and hears its people.

What one buyer's people say is no rating yet (rules `rating.minimum_buyers`, `minimum_effective`):
a second buyer, who has nothing to do with the first, makes it one.
"""

from datetime import timedelta
from typing import Any, Final

from deploy.local.story import answers, contract, needs, service, street
from deploy.local.story.people import People
from deploy.local.story.street import CATEGORY, Street
from deploy.local.story.telling import Teller
from deploy.local.story.tender import Won, budget_line

VALUE_FEN: Final = 4_800_000
LEVELS: Final = (5, 5, 4, 5, 5, 5, 4, 5, 5, 5)
PLATFORM: Final = "上海市政府采购云平台"
# Days before today on which the platform did each step.
DAYS: Final = {
    "notice_at": 40,
    "tender_period_end_at": 25,
    "opened_at": 25,
    "awarded_at": 22,
    "announced_at": 20,
}


async def serve(tell: Teller, people: People, provider: str) -> list[Any]:
    """Bought on the city's platform, served, rated; the ratings."""
    tell.chapter("五之二、邻街也请它送餐", "Five, second half: the next street asks it, too")
    there = Street(await street.office(tell, people), (provider,))
    won = await _taken_over(tell, people, there)
    bought = await contract.contract(tell, people, won, after_days=0)
    offering = await service.publish(tell, people, there, bought.contract["provider_id"])
    names = (*needs.NAMES, *needs.LATER)
    levels = dict(zip(names, LEVELS, strict=True))
    return await answers.neighbours(tell, people, offering, levels)


async def _taken_over(tell: Teller, people: People, there: Street) -> Won:
    """A purchase that was conducted on the platform, with its clocks checked."""
    [provider] = there.providers
    body = {
        "title": "演示 邻街老年助餐配送服务",
        "description": "为八十岁以上独居老人送午餐",
        "method": "selection",
        "category": CATEGORY,
        "buyer_id": there.office,
        "area_code": people.place.street_area,
        "value_fen": VALUE_FEN,
        "is_conducted_elsewhere": True,
        "is_price_fixed": True,
    }
    row = await tell.post(
        people.clerk, "procurement/v1/tenders", body, "在法定平台进行的采购", "On the platform"
    )
    path = f"procurement/v1/tenders/{row['id']}"
    line = await budget_line(tell, people, there, path, VALUE_FEN)
    told = {name: (tell.clock.now - timedelta(days=ago)).isoformat() for name, ago in DAYS.items()}
    record = {
        "platform": PLATFORM,
        "number": f"{people.place.street}-2026-01",
        **told,
        "tenderers": 4,
        "conforming": 3,
        "results": [{"supplier_id": provider, "value_fen": VALUE_FEN}],
        "documents": [{"kind": "award_notice", "title": "成交公告", "digest": "cd" * 32}],
    }
    await tell.post(
        people.head,
        f"{path}/platform-record",
        record,
        "导入平台结果，逐项核对时限",
        "Its result is taken over, each clock checked",
        of=await tell.get(people.clerk, path),
    )
    awards = await tell.get(people.clerk, f"procurement/v1/awards?tender_id={row['id']}")
    return Won(row, awards["items"][0], line, [])

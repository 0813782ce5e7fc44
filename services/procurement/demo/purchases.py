"""A year of purchases: what each street buys from whom, for how much and when. Pure; 演示数据.

They were conducted on the designated platform and are taken over from there, as most of a street's
are. A small one is bought by selection: the limit is never reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final
from uuid import UUID

from common.clock import city_day
from common.demo import NOTE, DemoOffering, DemoStreet, streets_of

YUAN: Final = 100  # fen
OF_A_STREET: Final = 3  # the services it has most of
INTENDED, FAILED = 0.15, 0.05  # only announced so far; too few suppliers
YUAN_LEAST, YUAN_MOST = 180_000, 620_000
NEWEST_DAYS, OLDEST_DAYS = 100, 280  # how long ago the intention was published
PLATFORM: Final = "上海市政府采购云平台"
WAGE_FEN: Final = 300_000  # a month of a worker, above the minimum wage
YEAR_DAYS: Final = 364


@dataclass(frozen=True, slots=True)
class DemoPurchase:
    """One purchase: none of the later days where it has not come so far."""

    number: str
    street: str
    buyer_id: UUID
    category: str
    groups: tuple[str, ...]
    service_item_id: UUID | None
    suppliers: tuple[UUID, ...]
    budget_fen: int
    price_fen: int
    places: int
    intended_at: datetime
    is_conducted: bool

    @property
    def has_failed(self) -> bool:
        """Whether too few took part."""
        return not self.suppliers

    def after(self, days: int) -> datetime:
        """So many days after the intention."""
        return self.intended_at + timedelta(days=days)

    @property
    def title(self) -> str:
        """As it stands in the notice."""
        return f"{NOTE} {self.category} {self.number}"


def purchases_of(
    offerings: Sequence[DemoOffering], *, seed: int, now: datetime
) -> Iterator[DemoPurchase]:
    """The purchases of each street, street after street."""
    for street in streets_of(offerings):
        random = Random(f"{seed}:purchases:{street.code}")
        for number, category in enumerate(street.categories(OF_A_STREET), 1):
            wanted = [each for each in street.offerings if each.category == category]
            yield _purchase(f"{street.code}-{number:02}", street, wanted, random, now)


def _purchase(
    number: str,
    street: DemoStreet,
    wanted: Sequence[DemoOffering],
    random: Random,
    now: datetime,
) -> DemoPurchase:
    first, chance = wanted[0], random.random()
    bodies = tuple(dict.fromkeys(offering.provider_id for offering in wanted))
    yuan = random.randrange(YUAN_LEAST, YUAN_MOST, 1_000)
    return DemoPurchase(
        number=number,
        street=street.area,
        buyer_id=street.office,
        category=first.category,
        groups=first.groups or ("elderly",),
        service_item_id=first.service_item_id,
        suppliers=bodies if chance > INTENDED + FAILED else (),
        budget_fen=yuan * YUAN,
        price_fen=round(yuan * random.uniform(0.9, 0.99)) * YUAN,
        places=random.randrange(20, 200),
        intended_at=now - timedelta(days=random.randrange(NEWEST_DAYS, OLDEST_DAYS)),
        is_conducted=chance > INTENDED,
    )


def tender(purchase: DemoPurchase) -> dict[str, Any]:
    """The purchase as it is prepared."""
    return {
        "title": purchase.title,
        "description": f"{NOTE}：为辖区居民购买服务",
        "method": "selection",
        "category": purchase.category,
        "buyer_id": purchase.buyer_id,
        "area_code": purchase.street,
        "value_fen": purchase.budget_fen,
        "is_conducted_elsewhere": True,
        "is_price_fixed": True,
    }


def record(purchase: DemoPurchase) -> dict[str, Any]:
    """What the platform tells of it."""
    notice, end = purchase.after(35), purchase.after(50)
    told = {
        "platform": PLATFORM,
        "number": purchase.number,
        "notice_at": notice,
        "tender_period_end_at": end,
        "opened_at": end,
        "documents": [_document("result", purchase)],
    }
    if purchase.has_failed:
        return {**told, "tenderers": 1, "conforming": 1}
    winner = {"supplier_id": purchase.suppliers[0], "value_fen": purchase.price_fen}
    return {
        **told,
        "tenderers": 4,
        "conforming": 3,
        "awarded_at": purchase.after(52),
        "announced_at": purchase.after(53),
        "results": [winner],
    }


def _document(kind: str, purchase: DemoPurchase) -> dict[str, str]:
    digest = sha256(purchase.number.encode()).hexdigest()
    return {"kind": kind, "title": f"{NOTE} 结果公告", "digest": digest}


def contract(purchase: DemoPurchase, award_id: UUID, line_id: UUID) -> dict[str, Any]:
    """Money, costs and milestones that add up, over a year."""
    start, value = city_day(purchase.after(65)), purchase.price_fen
    last, half, months = start + timedelta(days=YEAR_DAYS), value // 2, value // WAGE_FEN - 1
    staff = {"kind": "staff", "name": "服务人员", "grade": "worker"}
    return {
        "award_id": award_id,
        "title": f"{purchase.title} 合同",
        "value_fen": value,
        "service_item_ids": [purchase.service_item_id] if purchase.service_item_id else [],
        "area_codes": [purchase.street],
        "target_groups": list(purchase.groups),
        "exclusions": ["banquet"],
        "quota": {"hours_max": 40, "excess": "refused"},
        "places": purchase.places,
        "period_start_on": start,
        "period_end_on": last,
        "service_days": 240,
        "funding": [{"line_id": line_id, "value_fen": value}],
        "costs": [
            {**staff, "quantity": months, "unit_fen": WAGE_FEN},
            {"kind": "activity", "name": "活动与物料", "quantity": 1}
            | {"unit_fen": value - months * WAGE_FEN},
        ],
        "milestones": [
            {"title": "上半年", "due_on": start + timedelta(days=180)}
            | {"service_days": 120, "pay_fen": half},
            {"title": "下半年", "due_on": last, "service_days": 120, "pay_fen": value - half},
        ],
    }

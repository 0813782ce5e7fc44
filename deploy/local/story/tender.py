"""Chapter three, first half: what residents decided is planned, funded and put out to competition.

Below the limit a street compares offers 比选: three sealed bids, a panel of three, points by bands
that are published beforehand.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from common.clock import city_day
from deploy.local.story.people import People, Person
from deploy.local.story.sealing import seal
from deploy.local.story.street import CATEGORY, Street
from deploy.local.story.telling import Teller
from deploy.local.story.voices import POT_FEN, Decided

EXPERTS: Final = tuple(f"story-expert-{n}" for n in range(5))  # the pool of a panel of three
LICENCE_FILE: Final = "cd" * 32  # the digest of the licence that each bid comes with
PRICES_FEN: Final = (5_800_000, 5_700_000, 5_900_000)
STAFF: Final = (6, 4, 2)  # what the panel finds, bidder by bidder
CRITERIA: Final = [
    {"kind": "qualification", "name": "食品经营许可", "looks_at": "licence"},
    {
        "kind": "quality",
        "name": "送餐人员",
        "looks_at": "staff",
        "indicator": "持健康证专职人员数",
        "unit": "人",
        "points": 80,
        "bands": [
            {"at_least": 2, "points": 30},
            {"at_least": 4, "points": 50},
            {"at_least": 6, "points": 80},
        ],
    },
]


@dataclass(frozen=True, slots=True)
class Won:
    """The award of the purchase, its budget line and the panel's ranking."""

    tender: dict[str, Any]
    award: dict[str, Any]
    line: str
    ranking: list[Any]


async def compete(tell: Teller, people: People, street: Street, decided: Decided) -> Won:
    """From the residents' item to an announced award."""
    tell.chapter("三、依法购买", "Three: bought under the law")
    await _planned(tell, people, decided)
    tender, line = await _prepared(tell, people, street, decided)
    path = f"procurement/v1/tenders/{tender['id']}"
    await _bid(tell, people, street, path)
    ranking = await _evaluated(tell, people, path)
    await _step(tell, people.head, path, "award", "按排序确定成交", "The first ranked wins", {})
    done = await _step(tell, people.head, path, "award-notice", "公告结果", "Announced")
    awards = await tell.get(people.clerk, f"procurement/v1/awards?tender_id={tender['id']}")
    return Won(done, awards["items"][0], line, ranking)


async def _planned(tell: Teller, people: People, decided: Decided) -> None:
    year = tell.clock.now.year
    plan = await tell.post(
        people.clerk,
        "procurement/v1/plans",
        {
            "title": "演示 为老服务计划",
            "area_code": people.place.street_area,
            "field": "social_service",
            "aims": "以助餐为主，逐年扩大到高龄独居老人。",
            "document": "演示〔2026〕3号",
            "years": [{"year": each, "intended_fen": POT_FEN} for each in (year, year + 1)],
        },
        "编制长期购买计划",
        "A long-term plan",
    )
    path = f"procurement/v1/plans/{plan['id']}"
    wish = {"agenda_id": decided.agenda["id"], "agenda_item_id": decided.item["id"], "year": year}
    await tell.when_told(  # the agenda comes by its feed
        lambda: tell.post(
            people.clerk,
            f"{path}/agenda-items",
            wish,
            "居民议题原样列入计划",
            "The residents' item is taken over as they fixed it",
        )
    )
    read = await tell.get(people.clerk, path)
    await tell.post(
        people.clerk, f"{path}/publication", None, "公布计划", "The plan is published", of=read
    )


async def _prepared(
    tell: Teller, people: People, street: Street, decided: Decided
) -> tuple[dict[str, Any], str]:
    """The purchase with its criteria, document and reserved money; its budget line."""
    value = decided.item["money_fen"]
    body = {
        "title": "演示 老年助餐配送服务",
        "description": "为八十岁以上独居老人送午餐",
        "method": "selection",
        "category": CATEGORY,
        "buyer_id": street.office,
        "area_code": people.place.street_area,
        "value_fen": value,
        "price_weight": 0.2,
        "agenda_item_id": decided.item["id"],
    }
    row = await tell.post(
        people.clerk, "procurement/v1/tenders", body, "立项：比选", "A purchase by selection"
    )
    path = f"procurement/v1/tenders/{row['id']}"
    await tell.put(
        people.clerk,
        f"{path}/criteria",
        {"criteria": CRITERIA},
        "评审因素量化到分档",
        "Criteria are measured, in bands",
        of=row,
    )
    document = {"kind": "tender_document", "title": "比选文件", "digest": "ab" * 32}
    row = await tell.post(people.clerk, f"{path}/documents", document)
    line = await budget_line(tell, people, street, path, value)
    until = tell.clock.now + timedelta(days=14)
    notice = {
        "tender_period_end_at": until.isoformat(),
        "enquiry_period_end_at": until.isoformat(),
        "reveal_period_end_at": (until + timedelta(hours=1)).isoformat(),
    }
    row = await _step(tell, people.head, path, "notice", "发布公告", "The notice", notice)
    return row, line


async def budget_line(tell: Teller, people: People, street: Street, path: str, value: int) -> str:
    """A line of the street, with the whole of it reserved for a purchase; its id."""
    line = await tell.post(
        people.head,
        "procurement/v1/budget-lines",
        {
            "code": f"208{people.place.street}",
            "year": city_day(tell.clock.now).year,
            "title": "社区社会服务",
            "area_code": people.place.street_area,
            "buyer_id": street.office,
            "source": "government_purchase",
            "document": "演示〔2026〕1号",
            "planned_fen": value,
        },
        "预算指标",
        "A budget line",
    )
    draws = {"draws": [{"line_id": line["id"], "value_fen": value}]}
    await tell.post(
        people.clerk, f"{path}/funding", draws, "预留资金：无预算不公告", "No budget, no notice"
    )
    found: str = line["id"]
    return found


async def _bid(tell: Teller, people: People, street: Street, path: str) -> None:
    """Three bids are handed in sealed, and opened by the bidders' own keys after the deadline."""
    tender = path.rpartition("/")[2]
    sealed = {
        organisation: seal(tender, organisation, _content(price))
        for organisation, price in zip(street.providers, PRICES_FEN, strict=True)
    }
    for organisation, bid in sealed.items():
        provider = people.provider(organisation)
        await tell.post(provider, f"{path}/bids", bid.submission, "密封响应", "A sealed bid")
    row = await tell.get(people.clerk, path)
    tell.clock.pass_to(datetime.fromisoformat(row["tender_period_end_at"]))
    for organisation, bid in sealed.items():
        provider = people.provider(organisation)
        await tell.post(provider, f"{path}/bids/reveal", bid.reveal, "解密", "Revealed")
    tell.clock.pass_to(datetime.fromisoformat(row["reveal_period_end_at"]))
    await _step(tell, people.clerk, path, "opening", "开启", "Opened")


def _content(price_fen: int) -> bytes:
    """What a bid says, and the file that proves the published condition."""
    return json.dumps({"price_fen": price_fen, "attachments": [LICENCE_FILE]}).encode()


async def _evaluated(tell: Teller, people: People, path: str) -> list[Any]:
    """Checked, then measured by a drawn panel; points follow from the bands."""
    for account in EXPERTS:
        await _entered(tell, people, account)
    bids = await tell.get(people.clerk, f"{path}/bids")
    for bid in bids:
        checked = {"conforms": True, "proofs": [{"criterion": 1, "attachment": LICENCE_FILE}]}
        await tell.post(people.clerk, f"{path}/bids/{bid['id']}/conformity", checked)
    await tell.post(people.clerk, f"{path}/panel", {"size": 3}, "抽取评审小组", "A panel is drawn")
    order = sorted(bids, key=lambda bid: str(bid["bidder_id"]))
    lines = [
        {"bid_id": bid["id"], "criterion": 2, "measured": staff}
        for bid, staff in zip(order, STAFF, strict=True)
    ]
    sheet = {"lines": lines}
    drawn = []
    for member in map(people.expert, EXPERTS):
        rated = partial(tell.post, member, f"{path}/sheets", sheet, "独立评分", "A sheet")
        if await tell.if_allowed(rated):
            drawn.append(member)
    report = await tell.post(drawn[0], f"{path}/report", None, "评审报告", "The report")
    ranking: list[Any] = report["ranking"]
    return ranking


async def _entered(tell: Teller, people: People, account: str) -> None:
    """The expert is in the pool now, if not from an earlier telling."""
    wish = {
        "name": "李专家",
        "account": account,
        "area_code": f"{people.place.street[:6]}000000",
        "categories": [CATEGORY],
    }
    await tell.if_allowed(lambda: tell.post(people.district, "procurement/v1/experts", wish))


async def _step(
    tell: Teller, who: Person, path: str, what: str, zh: str, en: str, body: Any = None
) -> Any:
    """A step that starts from the purchase as it is now."""
    row = await tell.get(who, path)
    return await tell.post(who, f"{path}/{what}", body, zh, en, of=row)

"""Chapter two: residents propose and vote, and the agenda binds within the pot."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from common.clock import city_day
from deploy.local.story.needs import Unmet
from deploy.local.story.people import People
from deploy.local.story.street import CATEGORY, Street
from deploy.local.story.telling import Teller

SUPPORTERS: Final = 20  # with the proposer, beyond what the rule `proposal.support` asks
POT_FEN: Final = 10_000_000
FIRST: Final = "为高龄独居老人送午餐"
PRICES_FEN: Final = {FIRST: 6_000_000, "楼道加装安全扶手": 5_000_000}
BALLOTS: Final = ((1,), (1, 2), (1,), (2,), (1,)) * 2


@dataclass(frozen=True, slots=True)
class Decided:
    """The counted vote and the agenda that follows from it."""

    vote: dict[str, Any]
    agenda: dict[str, Any]

    @property
    def item(self) -> dict[str, Any]:
        """What residents put first."""
        found: dict[str, Any] = self.agenda["items"][0]
        return found


async def decide(tell: Teller, people: People, street: Street, unmet: Unmet) -> Decided:
    """From proposals to an agenda, over some weeks of the clock."""
    tell.chapter("二、居民提案与票决", "Two: residents propose and vote")
    vote = await _voted(tell, people, await put_to_vote(tell, people, street, unmet))
    agenda = await tell.post(
        people.head,
        "feedback/v1/agendas",
        {"vote_id": vote["id"], "title": "为民服务项目"},
        "票决结果即为采购议题，不多不少",
        "The agenda is the vote, no more and no less",
    )
    return Decided(vote, agenda)


def _wish(people: People, unmet: Unmet, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "words": "三位邻居都没有午饭可订，希望街道购买配送服务",
        "area_code": people.place.street_area,
        "category": CATEGORY,
        "target_groups": ["elderly"],
        "collective_need_id": unmet.collective["id"],
        "wished_method": "selection",
    }


async def _proposal(tell: Teller, people: People, unmet: Unmet, title: str, price: int) -> Any:
    """Proposed, supported beyond the threshold, assessed with a price."""
    proposer, wish = people.resident("阿珍"), _wish(people, unmet, title)
    made = await tell.when_told(  # the collective need comes by its feed
        lambda: tell.post(
            proposer, "feedback/v1/proposals", wish, "居民据此提案", "A resident proposes"
        )
    )
    path = f"feedback/v1/proposals/{made['id']}"
    supports = [
        tell.post(people.resident(f"附议{number}"), f"{path}/supports", {})
        for number in range(SUPPORTERS)
    ]
    await asyncio.gather(*supports)
    seen = await tell.get(
        people.clerk,
        path,
        "街道看到附议达到门槛",
        "The street sees that enough neighbours support it",
    )
    body = {"is_feasible": True, "price_fen": price, "reason": "街道已询价三家，取中位"}
    return await tell.post(
        people.clerk,
        f"{path}/assessment",
        body,
        "街道评估可行并公开定价",
        "The street finds it feasible and names a price",
        of=seen,
    )


async def put_to_vote(tell: Teller, people: People, street: Street, unmet: Unmet) -> Any:
    """Two proposals of residents, and a published vote that opens in four days, for ten."""
    proposals = [
        await _proposal(tell, people, unmet, title, price) for title, price in PRICES_FEN.items()
    ]
    opens = tell.clock.now + timedelta(days=4)
    closes = opens + timedelta(days=10)
    body = {
        "title": "演示 为民服务项目票决",
        "area_code": people.place.street_area,
        "unit": "resident",
        "credential": "residence",
        "electors": 1000,
        "ballots_min": len(BALLOTS),
        "choices_max": len(proposals),
        "rule": "equal_shares_add_one",
        "pot_fen": POT_FEN,
        "pot_document": "演示〔2026〕12号",
        "pot_approved_by_id": street.office,
        "pot_approved_on": str(_day(tell) - timedelta(days=10)),
        "opens_at": opens.isoformat(),
        "closes_at": closes.isoformat(),
        "proposal_ids": [each["id"] for each in proposals],
    }
    made = await tell.post(
        people.head, "feedback/v1/votes", body, "设置票决", "A vote over an approved pot"
    )
    path = f"feedback/v1/votes/{made['id']}/publication"
    return await tell.post(people.head, path, {}, "公布并冻结规则", "Published and frozen", of=made)


async def _voted(tell: Teller, people: People, vote: dict[str, Any]) -> Any:
    path = f"feedback/v1/votes/{vote['id']}"
    tell.clock.pass_to(datetime.fromisoformat(vote["opens_at"]) + timedelta(hours=1))
    for number, choices in enumerate(BALLOTS):
        voter = people.resident(f"选民{number}")
        await tell.post(
            voter, f"{path}/ballots", {"choices": choices}, "无记名投票", "A secret ballot"
        )
    tell.clock.pass_to(datetime.fromisoformat(vote["closes_at"]) + timedelta(hours=1))
    return await tell.post(
        people.head, f"{path}/count", {}, "公开计票", "Counted in public", of=vote
    )


def _day(tell: Teller) -> date:
    return city_day(tell.clock.now)

"""A street that buys, suppliers who bid, experts who judge: one call a step, each checked."""

import importlib.util
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import text

from common.auth.roles import Role
from tests.clock import Clock, city
from tests.procurement.cases import BUYER, STREET, Header, Sessions, at, key, opened_line

_PATH = Path(__file__).parents[2] / "docs/sealed_bid_client.py"
_spec = importlib.util.spec_from_file_location("sealed_bid_client", _PATH)
assert _spec is not None
assert _spec.loader is not None
client_module = importlib.util.module_from_spec(_spec)
sys.modules["sealed_bid_client"] = client_module
_spec.loader.exec_module(client_module)
seal = client_module.seal

SUPPLIERS = [f"01900000-0000-7000-8000-0000000000{n:02d}" for n in range(1, 9)]
A, B, C, D, *_ = SUPPLIERS
CATEGORY = "meal_delivery"
TENDER: dict[str, Any] = {
    "title": "演示数据 南京东路街道老年助餐服务",
    "description": "为八十岁以上独居老人送午餐，每日两百份",
    "method": "open_tender",
    "category": CATEGORY,
    "buyer_id": BUYER,
    "area_code": STREET,
    "value_fen": 500_000_00,
    "price_weight": 0.2,
    "small_firm_deduction": 0.1,
    "small_firm_reserve": "social_organisations",
}
LICENCE: dict[str, Any] = {"kind": "qualification", "name": "食品经营许可", "looks_at": "licence"}
STAFF: dict[str, Any] = {
    "kind": "quality",
    "name": "送餐人员",
    "looks_at": "staff",
    "indicator": "持健康证专职人员数",
    "unit": "人",
    "points": 50,
    "bands": [
        {"at_least": 2, "points": 20},
        {"at_least": 4, "points": 35},
        {"at_least": 6, "points": 50},
    ],
}
RESPONSE: dict[str, Any] = {
    "kind": "quality",
    "name": "响应时间",
    "looks_at": "response_time",
    "indicator": "四十五分钟内送达的承诺比例",
    "unit": "%",
    "points": 30,
    "bands": [{"at_least": 80, "points": 15}, {"at_least": 95, "points": 30}],
}
CRITERIA = [LICENCE, STAFF, RESPONSE]
PAPER = "cd" * 32  # the digest of the file that bids come with
RULES = {
    "sh.dispersed": 1_000_000_00,
    "sh.open_tender": 4_000_000_00,
    "catalogue.guidance": f"{CATEGORY},home_care",
}


def proofs(tender: Any) -> list[dict[str, Any]]:
    """The paper of a bid as the proof of every condition."""
    return [
        {"criterion": each["position"], "attachment": PAPER}
        for each in tender["criteria"]
        if each["kind"] == "qualification"
    ]


async def set_rules(sessions: Sessions, **more: Any) -> None:
    """Numbers that somebody with authority has set."""
    async with sessions.begin() as session:
        for code, value in {**RULES, **more}.items():
            await session.execute(
                text("UPDATE rule SET value = :value WHERE code = :code"),
                {"value": str(value), "code": code.replace("__", ".")},
            )


@dataclass
class Market:
    """Everybody who takes part, on one clock."""

    client: httpx.AsyncClient
    clock: Clock
    bearer: Callable[..., Header]
    secrets: dict[tuple[str, str, int], Any] = field(default_factory=dict)

    @property
    def clerk(self) -> Header:
        return self.bearer(Role.CLERK, area="310101002", line="civil_affairs")

    @property
    def head(self) -> Header:
        return self.bearer(Role.STREET_HEAD, area="310101002", line="*")

    @property
    def district(self) -> Header:
        return self.bearer(Role.DISTRICT_OFFICE, area="310101", line="*")

    @property
    def city(self) -> Header:
        return self.bearer(Role.CITY_OFFICE, area="31", line="*")

    def supplier(self, org: str) -> Header:
        return self.bearer(Role.PROVIDER, org=org, subject=f"agent-{org[-2:]}")

    def expert(self, account: str) -> Header:
        return self.bearer(Role.PANEL_EXPERT, subject=account)

    async def post(
        self, who: Header, path: str, body: Any = None, *, version: Any = None, status: int = 0
    ) -> Any:
        """The answer to a POST; with `status` it must be that one."""
        headers = {**who, **key(), **({} if version is None else at(version))}
        answer = await self.client.post(f"/v1/{path}", json=body, headers=headers)
        wanted = {status} if status else {200, 201}
        assert answer.status_code in wanted, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def get(self, who: Header, path: str, *, status: int = 200) -> Any:
        answer = await self.client.get(f"/v1/{path}", headers=who)
        assert answer.status_code == status, f"{path}: {answer.text}"
        return answer.json()

    async def tender(self, tender_id: str) -> Any:
        """A purchase as its clerk sees it now."""
        return await self.get(self.clerk, f"tenders/{tender_id}")

    async def prepared(self, criteria: Any = None, **more: Any) -> Any:
        """A purchase with criteria and a document."""
        row = await self.post(self.clerk, "tenders", {**TENDER, **more})
        if criteria is not None:
            answer = await self.client.put(
                f"/v1/tenders/{row['id']}/criteria",
                json={"criteria": criteria},
                headers={**self.clerk, **at(row)},
            )
            assert answer.status_code == 200, answer.text
        return await self.post(
            self.clerk,
            f"tenders/{row['id']}/documents",
            {"kind": "tender_document", "title": "采购文件", "digest": "ab" * 32},
        )

    async def funded(self, row: Any) -> str:
        """The budget line from which a purchase is paid, opened for it and reserved."""
        line = await opened_line(self.client, self.head, planned_fen=row["value_fen"])
        draw = {"line_id": line["id"], "value_fen": row["value_fen"]}
        await self.post(self.clerk, f"tenders/{row['id']}/funding", {"draws": [draw]})
        found: str = line["id"]
        return found

    async def announced(
        self, row: Any, end: str, *, reveal: str | None = None, invited: Any = ()
    ) -> Any:
        """The purchase after its notice, its money reserved; times are of the city."""
        if row["method_details"] != "framework" or row["framework_id"]:
            await self.funded(row)
        until = city(end)
        window = city(reveal) if reveal else until + timedelta(hours=1)
        body = {
            "tender_period_end_at": until.isoformat(),
            "enquiry_period_end_at": until.isoformat(),
            "reveal_period_end_at": window.isoformat(),
            "invited_ids": list(invited),
        }
        return await self.post(self.head, f"tenders/{row['id']}/notice", body, version=row)

    async def bid(self, tender: str, org: str, price: int, *, stage: int = 1, **more: Any) -> Any:
        """Hand in a sealed bid; its secrets stay with the bidder."""
        plain = json.dumps({"price_fen": price, "attachments": [PAPER], **more}).encode()
        sealed = seal(tender, org, plain, stage=stage)
        self.secrets[tender, org, stage] = sealed
        return await self.post(self.supplier(org), f"tenders/{tender}/bids", sealed.submission)

    async def reveal(self, tender: str, org: str, *, stage: int = 1, status: int = 0) -> Any:
        body = self.secrets[tender, org, stage].reveal
        return await self.post(
            self.supplier(org), f"tenders/{tender}/bids/reveal", body, status=status
        )

    async def opened(self, tender: str) -> Any:
        """The opening record; the clock goes to the end of the window."""
        row = await self.tender(tender)
        self.clock.now = datetime.fromisoformat(row["reveal_period_end_at"])
        return await self.post(self.clerk, f"tenders/{tender}/opening", version=row)

    async def check_all(self, tender: str) -> list[Any]:
        """Every bid that was opened conforms, as its paper proves."""
        said = {"conforms": True, "proofs": proofs(await self.tender(tender))}
        bids = await self.get(self.clerk, f"tenders/{tender}/bids")
        standing = [bid for bid in bids if bid["status"] == "pending" and bid["stage"] == 1]
        for bid in standing:
            path = f"tenders/{tender}/bids/{bid['id']}/conformity"
            await self.post(self.clerk, path, said)
        return standing

    async def enrol(self, count: int, **more: Any) -> list[str]:
        """Experts of the pool, by their accounts."""
        accounts = [f"expert-{uuid4().hex[:10]}" for _ in range(count)]
        for account in accounts:
            body = {
                "name": "李专家",
                "account": account,
                "area_code": "310101000000",
                "categories": [CATEGORY],
                **more,
            }
            made = await self.post(self.district, "experts", body)
            self.secrets["expert", made["id"], 0] = account
        return accounts

    def account(self, expert_id: str) -> str:
        found: str = self.secrets["expert", expert_id, 0]
        return found

    async def panel(self, tender: str, size: int = 5, **more: Any) -> Any:
        return await self.post(self.clerk, f"tenders/{tender}/panel", {"size": size, **more})

    def members(self, panel: Any) -> list[Header]:
        """Who sits on a panel."""
        return [
            self.expert(self.account(seat["expert_id"]))
            for seat in panel["seats"]
            if seat["status"] != "recused"
        ]

    async def scored(self, tender: str, panel: Any, measures: dict[str, dict[int, Any]]) -> None:
        """Every member measures the same of every bidder: supplier -> criterion -> value."""
        bids = await self.get(self.clerk, f"tenders/{tender}/bids")
        lines = [
            {"bid_id": bid["id"], "criterion": criterion, "measured": value}
            for bid in bids
            if bid["stage"] == 1 and bid["status"] == "valid"
            for criterion, value in measures[bid["bidder_id"]].items()
        ]
        for member in self.members(panel):
            await self.post(member, f"tenders/{tender}/sheets", {"lines": lines})

    async def report(self, tender: str, panel: Any) -> Any:
        return await self.post(self.members(panel)[0], f"tenders/{tender}/report")

    async def step(self, who: Header, tender: str, what: str, body: Any = None) -> Any:
        """A step that starts from the present version."""
        return await self.post(
            who, f"tenders/{tender}/{what}", body, version=await self.tender(tender)
        )

    async def evaluated(self, prices: dict[str, int]) -> str:
        """An open tender whose bids are ranked, on Monday 2026-03-23; the first bidder leads."""
        await self.enrol(6)
        row = await self.announced(await self.prepared(CRITERIA), "2026-03-23 10:00")
        tender: str = row["id"]
        for org, price in prices.items():
            await self.bid(tender, org, price)
        self.clock.to("2026-03-23 10:00")
        for org in prices:
            await self.reveal(tender, org)
        await self.opened(tender)
        await self.check_all(tender)
        panel = await self.panel(tender)
        leads = {2: 6, 3: 95}
        rest = {2: 4, 3: 80}
        first = next(iter(prices))
        await self.scored(tender, panel, {org: leads if org == first else rest for org in prices})
        await self.report(tender, panel)
        return tender

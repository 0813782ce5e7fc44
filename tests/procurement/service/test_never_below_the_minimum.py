"""Whatever is called in whatever order: no award without the legal minimum of bids."""

from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.contracts.procurement_tenders import TenderStep
from procurement.domain import tenders as rules
from tests.procurement.cases import at, key
from tests.procurement.tendering import CRITERIA, PAPER, SUPPLIERS, Market

LEAST = {"open_tender": 3, "selection": 3, "consultation": 2, "inquiry": 3, "negotiation": 3}
END, WINDOW_END = "2026-03-23 10:00", "2026-03-23 11:00"


CONFORMS = {"conforms": True, "proofs": [{"criterion": 1, "attachment": PAPER}]}


class Walk:
    """One purchase under a hail of calls; what is refused is refused, nothing may break."""

    def __init__(self, market: Market, tender: str, bidders: int) -> None:
        self.market, self.tender, self.bidders = market, tender, bidders

    async def call(self, who: Any, what: str, body: Any = None, *, versioned: bool = True) -> Any:
        headers = {**who, **key()}
        if versioned:
            headers |= at(await self.market.tender(self.tender))
        path = f"/v1/tenders/{self.tender}/{what}"
        answer = await self.market.client.post(path, json=body, headers=headers)
        assert answer.status_code < 500, answer.text
        return answer.json()

    async def reveal(self) -> None:
        """The window passes; all reveal but the last, when there are many."""
        for stage in (1, 2):
            self.market.clock.to(END)
            for org in SUPPLIERS[: self.bidders]:
                sealed = self.market.secrets.get((self.tender, org, stage))
                if sealed is not None:
                    who = self.market.supplier(org)
                    await self.call(who, "bids/reveal", sealed.reveal, versioned=False)
        self.market.clock.to(WINDOW_END)

    async def open(self) -> None:
        await self.call(self.market.clerk, "opening")

    async def check(self) -> None:
        await self._judge(lambda _: CONFORMS)

    async def refuse_one(self) -> None:
        """The first bid lacks the licence."""
        refusal = {"conforms": False, "criterion": 1, "reason": "未提交许可证"}
        await self._judge(lambda n: refusal if n == 0 else CONFORMS)

    async def _judge(self, said: Callable[[int], Any]) -> None:
        path = f"/v1/tenders/{self.tender}/bids"
        answer = await self.market.client.get(path, headers=self.market.clerk)
        bids = answer.json() if answer.status_code == 200 else []
        for number, bid in enumerate(bids):
            what = f"bids/{bid['id']}/conformity"
            await self.call(self.market.clerk, what, said(number), versioned=False)

    async def draw(self) -> None:
        await self.call(self.market.clerk, "panel", {"size": 5}, versioned=False)

    async def report(self) -> None:
        for account in list(self.market.secrets.values()):
            if isinstance(account, str):
                await self.call(self.market.expert(account), "report", versioned=False)

    async def award(self) -> None:
        await self.call(self.market.head, "award", {})

    async def pass_on(self) -> None:
        body = {"declined_supplier_ids": SUPPLIERS[:1], "reason": "中标人书面放弃，公开说明"}
        await self.call(self.market.head, "award", body)

    async def force(self) -> None:
        """The way of the single source, for what is none."""
        body = {"supplier_id": SUPPLIERS[0], "value_fen": 1, "reason": "直接选定"}
        await self.call(self.market.head, "direct-award", body)

    async def announce(self) -> None:
        await self.call(self.market.head, "award-notice")

    async def compare(self) -> None:
        await self.call(self.market.clerk, "comparison")


CALLS = ("reveal", "open", "check", "refuse_one", "draw", "report", "award", "announce")
STRAY = ("force", "pass_on", "compare", *CALLS)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(sorted(LEAST)),
    bidders=st.integers(0, 4),
    strays=st.lists(st.tuples(st.integers(0, len(CALLS)), st.sampled_from(STRAY)), max_size=6),
)
async def test_no_sequence_of_calls_awards_below_the_legal_minimum(
    market: Market, method: str, bidders: int, strays: list[tuple[int, str]]
) -> None:
    market.clock.to("2026-03-02 09:30")
    if not any(isinstance(each, str) for each in market.secrets.values()):
        await market.enrol(5)
    scored = method in {"open_tender", "selection", "consultation"}
    terms = {"price_weight": 0.2} if scored else {"price_weight": 0, "small_firm_deduction": None}
    criteria = CRITERIA if scored else CRITERIA[:1]
    terms |= {"approval_number": "沪财采〔2026〕8号"}  # many purchases in one year
    row = await market.announced(await market.prepared(criteria, method=method, **terms), END)
    for number, org in enumerate(SUPPLIERS[:bidders]):
        await market.bid(row["id"], org, 300_000_00 + number * 1_000_00)
    walk = Walk(market, row["id"], bidders)
    plan = list(CALLS)
    for place, stray in sorted(strays, reverse=True):
        plan.insert(place, stray)

    for name in plan:
        step: Callable[[], Awaitable[None]] = getattr(walk, name)
        await step()
        now = await market.tender(row["id"])
        awards = await market.get(market.clerk, f"awards?tender_id={row['id']}")
        decided = now["step"] in {"awarded", "announced"}
        assert decided == any(a["status"] in {"pending", "active"} for a in awards["items"])
        if decided:
            assert now["conforming"] >= LEAST[method]
            assert now["tenderers"] >= LEAST[method]


def test_every_way_to_an_award_leads_through_an_opening_or_a_direct_ground() -> None:
    """The table of steps itself: without TENDERING there is no award, and no step is a dead end."""
    ways = {step for step, after in rules.STEPS.items() if TenderStep.AWARDED in after}
    ends = {step for step in TenderStep if not rules.STEPS.get(step)}

    assert ways == {TenderStep.TENDERING, TenderStep.EVALUATED, TenderStep.ANNOUNCED}
    assert ends == {TenderStep.UNSUCCESSFUL, TenderStep.CANCELLED}
    assert TenderStep.AWARDED not in rules.STEPS[TenderStep.PLANNING]

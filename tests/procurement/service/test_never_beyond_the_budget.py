"""Whatever is called in whatever order: no line is overdrawn, and no contract lacks its award."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from common.clock import utc_now
from common.contracts.procurement_panels import AwardStatus
from tests.procurement.cases import Header, Sessions, opened_line
from tests.procurement.deals import VALUE, awarded, drawn_up, fund, prepared, wish
from tests.procurement.service.test_performance import ACCEPTED, HALF, REPORT, act

PLANNED = 2 * VALUE + VALUE // 20  # two contracts and half a supplement
VOID: dict[str, Any] = {
    "status": AwardStatus.CANCELLED,
    "cancelled_at": utc_now(),
    "cancel_reason": "质疑成立",
}
_ORPHANS = text(
    "SELECT count(*) FROM contract c LEFT JOIN award a ON a.id = c.award_id"
    " WHERE a.status IS DISTINCT FROM 'active' AND c.tender_id = ANY(:tenders)"
)


class Street:
    """Three purchases on one line; the award of one was cancelled, what is refused is refused."""

    def __init__(self, client: httpx.AsyncClient, **who: Header) -> None:
        self.client, self.who = client, who
        self.tenders: list[UUID] = []
        self.awards: list[UUID] = []
        self.contracts: dict[int, dict[str, Any]] = {}
        self.payments: dict[int, str] = {}
        self.line = ""

    @classmethod
    async def opened(cls, client: httpx.AsyncClient, sessions: Sessions, **who: Header) -> "Street":
        """Before anything is funded."""
        street = cls(client, **who)
        street.line = (await opened_line(client, who["head"], planned_fen=PLANNED))["id"]
        for more in ({}, {}, VOID):
            street.tenders.append(await prepared(sessions))
            street.awards.append(await awarded(sessions, street.tenders[-1], **more))
        return street

    async def fund(self, n: int) -> None:
        self.told(await fund(self.client, self.who["head"], self.tenders[n], (self.line, VALUE)))

    async def draw_up(self, n: int) -> None:
        answer = await drawn_up(self.client, self.who["head"], wish(self.awards[n], self.line))
        if self.told(answer).status_code == 201:
            self.contracts[n] = answer.json()

    async def sign(self, n: int) -> None:
        await self.call(n, "provider", "signature", None)
        await self.call(n, "head", "signature", None)

    async def publish(self, n: int) -> None:
        await self.call(n, "head", "publication", None)

    async def cancel(self, n: int) -> None:
        await self.call(n, "head", "cancellation", None)

    async def accept(self, n: int) -> None:
        await self.call(n, "provider", "milestones/1/report", REPORT)
        await self.call(n, "head", "milestones/1/acceptance", ACCEPTED)

    async def ask(self, n: int) -> None:
        """For all of a milestone, again and again."""
        draw = {"line_id": self.line, "value_fen": HALF}
        asked = await self.call(n, "clerk", "payments", {"milestone": 1, "draws": [draw]})
        if asked is not None and asked.status_code == 201:
            self.payments[n] = asked.json()["id"]

    async def pay(self, n: int) -> None:
        what = f"payments/{self.payments.get(n, self.line)}/decision"
        await self.call(n, "head", what, {"is_approved": True})

    async def supplement(self, n: int) -> None:
        due = self.contracts.get(n, {}).get("period_end_on", "2026-12-31")
        milestone = {"title": "加送", "due_on": due, "service_days": 1, "pay_fen": VALUE // 20}
        draws = [{"line_id": self.line, "value_fen": VALUE // 20}]
        body = {"draws": draws, "text": "增加冬季热餐", "milestones": [milestone]}
        await self.call(n, "head", "supplements", body)

    async def end(self, n: int) -> None:
        body = {"reason": "provider_dissolved", "text": "承接机构已注销"}
        await self.call(n, "head", "termination", body)

    async def call(self, n: int, who: str, what: str, body: Any) -> httpx.Response | None:
        if n not in self.contracts:
            return None
        answer = await act(self.client, self.who[who], self.contracts[n], what, body)
        return self.told(answer)

    def told(self, answer: httpx.Response) -> httpx.Response:
        assert answer.status_code < 500, answer.text
        return answer


CALLS = ("fund", "draw_up", "sign", "publish", "accept", "ask", "pay")
STRAY = ("cancel", "supplement", "end", *CALLS)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    first=st.permutations(range(3)),
    strays=st.lists(
        st.tuples(st.integers(0, 3 * len(CALLS)), st.sampled_from(STRAY), st.integers(0, 2)),
        max_size=8,
    ),
)
async def test_no_sequence_of_calls_overdraws_a_line_or_contracts_without_an_award(
    client: httpx.AsyncClient,
    sessions: Sessions,
    head: Header,
    clerk: Header,
    provider: Header,
    first: list[int],
    strays: list[tuple[int, str, int]],
) -> None:
    street = await Street.opened(client, sessions, head=head, clerk=clerk, provider=provider)
    plan = [(name, n) for n in first for name in CALLS]
    for place, stray, n in sorted(strays, reverse=True):
        plan.insert(place, (stray, n))

    for name, n in plan:
        step: Callable[[int], Awaitable[None]] = getattr(street, name)
        await step(n)
        line = (await client.get(f"/v1/budget-lines/{street.line}", headers=head)).json()
        spoken = [line[f"{part}_fen"] for part in ("free", "reserved", "committed", "paid")]
        assert min(spoken) >= 0
        assert sum(spoken) == line["planned_fen"] == PLANNED
    async with sessions() as session:
        orphans = await session.scalar(_ORPHANS, {"tenders": street.tenders})
        paid = await session.scalar(
            text("SELECT coalesce(sum(paid_fen), 0) FROM contract WHERE tender_id = ANY(:tenders)"),
            {"tenders": street.tenders},
        )

    assert orphans == 0
    assert paid == line["paid_fen"]
    assert 2 not in street.contracts

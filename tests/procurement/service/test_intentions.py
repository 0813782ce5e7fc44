"""The intention is published thirty days before a purchase, or it is said why not."""

from typing import Any

from tests.procurement.cases import Sessions
from tests.procurement.tendering import CRITERIA, Market, city, set_rules

URGENT = "台风致助餐点停业，独居老人用餐无着，须在两周内恢复"


async def notice(market: Market, row: Any, end: str, **more: Any) -> dict[str, Any]:
    until = city(end).isoformat()
    return {
        "tender_period_end_at": until,
        "enquiry_period_end_at": until,
        "reveal_period_end_at": city(f"{end[:11]}12:00").isoformat(),
        **more,
    }


async def test_from_the_limit_on_a_purchase_here_waits_thirty_days_or_says_why(
    market: Market, sessions: Sessions
) -> None:
    """Published on 03-02: the notice comes on 04-01 at the earliest."""
    await set_rules(sessions, sh__dispersed=100_000_00, platform__designated="false")
    row = await market.prepared(CRITERIA)
    await market.funded(row)
    path = f"tenders/{row['id']}/notice"
    silent = await market.post(
        *(market.head, path, await notice(market, row, "2026-03-30 10:00")), version=row, status=409
    )
    row = await market.post(market.head, f"tenders/{row['id']}/intention", version=row)
    market.clock.to("2026-03-31 10:00")
    body = await notice(market, row, "2026-04-30 10:00")
    early = await market.post(market.head, path, body, version=row, status=409)
    market.clock.to("2026-04-01 09:00")
    told = await market.post(market.head, path, body, version=row)

    assert (silent["type"], early["type"]) == ("intention-too-late", "intention-too-late")
    assert "10.intention" in silent["detail"]
    assert "2026-04-01" in early["detail"]
    assert "10.intention" in {rule["code"] for rule in told["rules"]}
    assert told["intention_waiver"] is None


async def test_an_urgent_need_that_nobody_foresaw_is_explained_in_public(
    market: Market, sessions: Sessions
) -> None:
    await set_rules(sessions, sh__dispersed=100_000_00, platform__designated="false")
    row = await market.prepared(CRITERIA)
    await market.funded(row)
    body = await notice(market, row, "2026-03-30 10:00", intention_waiver=URGENT)
    told = await market.post(market.head, f"tenders/{row['id']}/notice", body, version=row)
    read = await market.get({}, f"tenders/{row['id']}")

    assert (told["step"], read["intention_waiver"]) == ("tendering", URGENT)


async def test_below_the_limit_nothing_is_waited_for(market: Market) -> None:
    row = await market.announced(await market.prepared(CRITERIA), "2026-03-23 10:00")

    assert row["step"] == "tendering"
    assert "10.intention" not in {rule["code"] for rule in row["rules"]}

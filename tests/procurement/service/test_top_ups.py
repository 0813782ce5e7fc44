"""A closed framework is topped up when too few of its shortlist are left, and never before."""

from typing import Any
from uuid import UUID

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.contracts.procurement_panels import RemovalIn
from procurement.usecases.frameworks import remove
from tests.procurement.cases import Sessions
from tests.procurement.service.test_procedures import REASON, call_off, submitted
from tests.procurement.tendering import LICENCE, SUPPLIERS, TENDER, A, B, C, D, Market

E, F = SUPPLIERS[4:6]
FRAMEWORK: dict[str, Any] = {
    "method": "framework",
    "framework_form": "closed",
    "framework_ends_on": "2028-02-29",
    "price_weight": 1,
    "small_firm_deduction": None,
}
HEAD = Actor("test", "head", ActorKind.STAFF, frozenset({Role.STREET_HEAD}), area="310101002")
WHY = "入围三家仅余二家，每日两百份午餐已有两次未能按时送达"


async def ranked(
    market: Market, orgs: list[str], end: str, *, refused: tuple[str, ...] = (), **more: Any
) -> str:
    """A first stage from notice to ranking, the cheapest first; who may not bid is refused."""
    made = await market.prepared([LICENCE], **FRAMEWORK, **more)
    if more:
        again = await market.post(
            market.clerk, "tenders", {**TENDER, **FRAMEWORK, **more}, status=409
        )
        assert again["type"] == "not-to-be-topped-up"  # one is under way
    tender: str = (await market.announced(made, end))["id"]
    for place, org in enumerate(orgs):
        await market.bid(tender, org, 400_000_00 + 10_000_00 * place)
    for org in refused:
        answer = await submitted(market, tender, org, 300_000_00, status=409)
        assert answer["type"] == "not-of-the-framework"
    market.clock.to(end)
    for org in orgs:
        await market.reveal(tender, org)
    await market.opened(tender)
    await market.check_all(tender)
    await market.report(tender, await market.panel(tender))
    return tender


async def run(market: Market, orgs: list[str], end: str, **more: Any) -> Any:
    """A first stage from notice to announcement."""
    tender = await ranked(market, orgs, end, **more)
    await market.step(market.head, tender, "award", {})
    return await market.step(market.head, tender, "award-notice")


async def test_a_framework_of_which_too_few_are_left_is_topped_up_by_the_same_rules(
    market: Market,
) -> None:
    await market.enrol(12)
    framework = await run(market, [A, B, C, D], "2026-03-23 10:00")
    wish = {**TENDER, **FRAMEWORK, "top_up_of_id": framework["id"], "top_up_reason": WHY}
    early = await market.post(market.clerk, "tenders", wish, status=409)
    gone = {"supplier_id": A, "reason": "连续两次未送达，按约清退"}
    await market.post(market.head, f"tenders/{framework['id']}/removals", gone)
    unlike = await market.post(
        market.clerk, "tenders", {**wish, "framework_ends_on": "2027-02-28"}, status=409
    )
    silent = await market.post(market.clerk, "tenders", {**wish, "top_up_reason": None}, status=422)
    # Two of three are left, 66.7 %: fewer than 70 %. A was removed, B is in: neither may bid.
    top_up = await run(
        market,
        [D, E, F],
        "2026-04-13 10:00",
        refused=(A, B),
        top_up_of_id=framework["id"],
        top_up_reason=WHY,
    )
    alone = await call_off(market, top_up["id"], "direct", supplier_id=D, reason=REASON, status=409)
    for supplier in (B, C, D, E):  # of D, E and F one is 33 %, over the 20 % that must go
        await call_off(market, framework["id"], "rotation", supplier_id=supplier, reason=REASON)
    out = await call_off(
        market, framework["id"], "rotation", supplier_id=F, reason=REASON, status=409
    )

    second = await market.post(market.clerk, "tenders", wish, status=409)

    assert second["type"] == "top-up-not-needed"  # four of five are left now
    assert (early["type"], unlike["type"]) == ("top-up-not-needed", "not-to-be-topped-up")
    assert "110.top_up" in early["detail"]
    assert silent["errors"][0]["pointer"] == "/top_up_reason"
    assert (top_up["framework_ocid"], top_up["top_up_reason"]) == (framework["ocid"], WHY)
    assert (alone["type"], out["type"]) == ("not-of-the-framework", "not-of-the-framework")


async def test_who_was_never_removed_may_bid_again_when_a_top_up_came_to_nothing(
    market: Market, sessions: Sessions
) -> None:
    """The awards of the first top-up are taken back with it; only A was removed, by name."""
    await market.enrol(15)
    framework = await run(market, [A, B, C, D], "2026-03-23 10:00")
    wish = RemovalIn(supplier_id=UUID(A), reason="连续两次未送达，按约清退")
    async with sessions.begin() as session:
        await remove(session, UUID(framework["id"]), wish, by=HEAD, now=market.clock.now)
        told = [each.as_row() for each in session.info["audit"]]
    more = {"top_up_of_id": framework["id"], "top_up_reason": WHY}
    first = await ranked(market, [D, E, F], "2026-04-13 10:00", **more)
    await market.step(market.head, first, "award", {})
    why = {"reason": "task_cancelled", "explanation": "采购需求重大变更，另行征集"}
    await market.step(market.head, first, "cancellation", why)
    await ranked(market, [D, E, F], "2026-05-07 10:00", refused=(A, B), **more)

    assert [(each["action"], each["after"]["supplier"]) for each in told] == [
        ("framework.remove", A)
    ]

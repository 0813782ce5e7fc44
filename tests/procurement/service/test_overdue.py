"""Challenges and complaints past their deadline, as who stands above sees them."""

from datetime import date
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from procurement.queries import overdue
from tests.procurement.cases import Sessions
from tests.procurement.service.test_challenges import announced, challenged
from tests.procurement.tendering import B, C, Market

PATH = "challenges/overdue"


async def test_who_stands_above_sees_what_is_past_its_deadline(market: Market) -> None:
    """Both answers are due on 2026-04-01; the decision on the complaint of one later."""
    tender = await announced(market)
    first, second = [await challenged(market, tender, org) for org in (B, C)]
    market.clock.to("2026-04-01 23:59")
    in_time = await market.get(market.district, PATH)
    market.clock.to("2026-04-02 00:01")
    ground = {"ground": "逾期未答复"}
    complaint = await market.post(market.supplier(B), f"challenges/{first['id']}/complaint", ground)
    late = await market.get(market.district, PATH)
    answer = {"outcome": "rejected", "answer": "评分无误"}
    await market.post(market.clerk, f"challenges/{second['id']}/answer", answer, version=second)
    market.clock.to(f"{complaint['decision_due_on']} 12:00")
    market.clock.later(days=3)
    after = await market.get(market.city, PATH)

    assert in_time["items"] == []
    assert {each["id"] for each in late["items"]} == {first["id"], second["id"]}
    assert {(each["days_late"], each["due_on"]) for each in late["items"]} == {(1, "2026-04-01")}
    assert [(each["kind"], each["id"]) for each in after["items"]] == [
        ("challenge", first["id"]),
        ("complaint", complaint["id"]),
    ]
    assert after["items"][1]["days_late"] == 3


async def test_the_list_has_pages_and_ends_at_the_area(market: Market) -> None:
    tender = await announced(market)
    filed = [await challenged(market, tender, org) for org in (B, C)]
    market.clock.to("2026-04-10 09:00")
    seen, after = [], ""
    while after is not None:
        found = await market.get(market.district, f"{PATH}?limit=1{after and f'&after={after}'}")
        seen += [each["id"] for each in found["items"]]
        after = found["next"]
    elsewhere = market.bearer(Role.DISTRICT_OFFICE, area="310104", line="*")
    none = await market.get(elsewhere, PATH)
    street = await market.get(market.head, PATH, status=403)
    wrong = await market.get(market.district, f"{PATH}?after=abc", status=422)

    assert seen == sorted(each["id"] for each in filed)
    assert (none["items"], street["type"]) == ([], "permission-missing")
    assert wrong["type"] == "bad-page-token"


async def test_a_page_is_read_along_its_indexes(sessions: Sessions) -> None:
    office = Actor("issuer", "city-li", ActorKind.STAFF, frozenset({Role.CITY_OFFICE}), area="31")
    asked = overdue.statement(office, date(2026, 4, 2), after=(date(2026, 4, 1), uuid4()), limit=20)
    plain = asked.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    async with sessions() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        said = text(f"EXPLAIN {plain}".replace(":", "\\:"))
        plan = "\n".join(await session.scalars(said))

    assert "ix_challenge_due" in plan
    assert "ix_supplier_complaint_due" in plan

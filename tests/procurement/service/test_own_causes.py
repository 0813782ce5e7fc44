"""Who decides on what a body decided, through the API: street, district, city, and at the top."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import utc_now
from tests.procurement.cases import BUYER, PROVIDER, Header, Sessions, at, key
from tests.procurement.deals import published
from tests.procurement.organisations import mirrored, organisation, provider_row
from tests.procurement.service.test_performance import accepted, act
from tests.procurement.service.test_replies import reply, verdict, violation
from tests.procurement.tendering import A, B, C, Market

PRICES = {A: 450_000_00, B: 460_000_00, C: 470_000_00}
OFFICE, OTHER = (str(UUID(int=n)) for n in (21, 22))
Bearer = Callable[..., Header]


@pytest.fixture
def of_city(bearer: Bearer) -> Callable[..., Header]:
    """Somebody of a city body."""

    def sign_in(subject: str, org: str = OFFICE, line: str = "*") -> Header:
        return bearer(Role.CITY_OFFICE, area="31", line=line, org=org, subject=subject)

    return sign_in


@pytest.fixture
async def on_file(sessions: Sessions) -> None:
    """The supplier has a file."""
    await mirrored(sessions, organisation(UUID(PROVIDER)))
    async with sessions.begin() as session:
        session.add(provider_row(utc_now(), UUID(PROVIDER)))


@pytest.mark.usefixtures("on_file")
async def test_two_people_of_the_city_office_decide_each_others_appeals(
    client: httpx.AsyncClient, provider: Header, of_city: Callable[..., Header]
) -> None:
    judge = of_city("city-li")
    judged = (await violation(client, judge)).json()
    appeal = (await reply(client, provider, judged, "appeal")).json()
    refused = [
        await verdict(client, each, appeal, "upheld")
        for each in (judge, of_city("city-zhao", line="civil_affairs"))
    ]
    decided = (await verdict(client, of_city("city-wang"), appeal, "upheld")).json()

    assert [each.json()["type"] for each in refused] == ["judge-in-own-cause"] * 2
    assert (decided["verdict"], decided["decided_from"]) == ("upheld", "within")


@pytest.mark.usefixtures("on_file")
async def test_another_body_of_the_city_decides_beside(
    client: httpx.AsyncClient, provider: Header, of_city: Callable[..., Header]
) -> None:
    judged = (await violation(client, of_city("city-li"))).json()
    appeal = (await reply(client, provider, judged, "appeal")).json()
    other = of_city("city-sun", org=OTHER, line="civil_affairs")
    decided = (await verdict(client, other, appeal, "dismissed")).json()

    assert decided["decided_from"] == "beside"


@pytest.mark.parametrize("what", ["milestone", "failure"])
async def test_what_a_district_judged_of_a_streets_contract_is_the_citys_to_review(
    what: str,
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    bearer: Bearer,
    of_city: Callable[..., Header],
    sessions: Sessions,
) -> None:
    judge, colleague = (
        bearer(Role.DISTRICT_OFFICE, area="310101", line="*", subject=each)
        for each in ("district-li", "district-wu")
    )
    made = await published(client, head, provider, sessions)
    if what == "milestone":
        await accepted(client, judge, provider, made)
    else:
        failure = {"category": "safety", "from_on": "2026-03-01", "to_on": "2026-03-02"}
        told = {"events": 1, "text": "送餐途中发生交通事故", "document": "黄浦民〔2026〕21号"}
        answer = await act(client, judge, made, "failures", {**failure, **told})
        assert answer.status_code == 201, answer.text
    path = f"/v1/providers/{made['provider_id']}/evaluations"
    judged = (await client.get(path)).json()["items"][0]
    appeal = (await reply(client, provider, judged, "appeal")).json()
    refused = [await verdict(client, each, appeal, "upheld") for each in (judge, colleague)]
    decided = (await verdict(client, of_city("city-wang"), appeal, "upheld")).json()

    assert [each.json()["type"] for each in refused] == [
        *("judge-in-own-cause", "not-above-the-judge"),
    ]
    assert decided["decided_from"] == "above"


async def complained(market: Market, answerer: Header | None = None) -> Any:
    """A complaint about a result, after an answer by whoever answers, or for want of one."""
    tender = await market.evaluated(PRICES)
    await market.step(market.head, tender, "award", {})
    await market.step(market.head, tender, "award-notice")
    body = {"about": "result", "ground": "评分有误", "known_on": "2026-03-23"}
    filed = await market.post(market.supplier(B), f"tenders/{tender}/challenges", body)
    if answerer is not None:
        answer = {"outcome": "rejected", "answer": "评分无误"}
        await market.post(answerer, f"challenges/{filed['id']}/answer", answer, version=filed)
    market.clock.to("2026-04-10 09:00")
    ground = {"ground": "答复未说明理由"}
    return await market.post(market.supplier(B), f"challenges/{filed['id']}/complaint", ground)


async def decided(market: Market, who: Header, complaint: Any) -> Any:
    body = {"outcome": "rejected", "decision": "投诉事项缺乏事实依据，驳回投诉"}
    path = f"/v1/supplier-complaints/{complaint['id']}/decision"
    answer = await market.client.post(path, json=body, headers={**who, **key(), **at(complaint)})
    told = answer.json()
    return told["type"] if answer.status_code != 200 else told["decided_from"]


async def test_a_complaint_about_a_district_body_is_decided_by_another_one(
    market: Market, sessions: Sessions
) -> None:
    """The buyer is of the district, whatever street it buys for; a body beside it decides."""
    complaint = await complained(market)
    await mirrored(sessions, organisation(UUID(BUYER), area_code="310101000000"))
    district = [
        market.bearer(Role.DISTRICT_OFFICE, area="310101", line="*", org=org, subject="district-li")
        for org in (BUYER, None, str(uuid4()))
    ]

    assert [await decided(market, each, complaint) for each in district] == [
        *("judge-in-own-cause", "judge-in-own-cause", "beside"),
    ]


async def test_who_answered_a_challenge_does_not_decide_the_complaint(market: Market) -> None:
    """A district that answered for its street has had its say: the city decides."""
    answerer, colleague = (
        market.bearer(Role.DISTRICT_OFFICE, area="310101", line="*", org=OFFICE, subject=each)
        for each in ("district-li", "district-wu")
    )
    complaint = await complained(market, answerer)
    suspension = {"days": 10, "reason": "调查"}
    path = f"supplier-complaints/{complaint['id']}/suspension"
    held = await market.post(colleague, path, suspension, version=complaint, status=403)
    found = [await decided(market, each, complaint) for each in (answerer, colleague, market.city)]

    assert held["type"] == "judge-in-own-cause"
    assert found == ["judge-in-own-cause", "judge-in-own-cause", "above"]


async def test_a_complaint_about_a_street_is_the_districts(market: Market) -> None:
    complaint = await complained(market, market.head)

    assert await decided(market, market.district, complaint) == "above"


@pytest.mark.parametrize("step", ["tenders", "award"])
async def test_who_ran_a_city_bodys_purchase_does_not_decide_what_it_left_unanswered(
    step: str, market: Market, sessions: Sessions
) -> None:
    """At the top another person of the buyer decides: never who made or awarded the purchase."""
    runner = market.bearer(Role.CITY_OFFICE, area="31", line="*", org=BUYER, subject="city-li")
    colleague = market.bearer(Role.CITY_OFFICE, area="31", line="*", org=BUYER, subject="city-wu")
    complaint = await complained(market)
    await mirrored(sessions, organisation(UUID(BUYER), area_code="310000000000"))
    table = {"tenders": "tender", "award": "award"}[step]
    async with sessions.begin() as session:
        await session.execute(text(f"UPDATE {table} SET created_by = 'city-li'"))

    found = [await decided(market, each, complaint) for each in (runner, colleague)]

    assert found == ["judge-in-own-cause", "within"]

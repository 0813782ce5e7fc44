"""The right of reply through the API: statement, appeal, verdict; ratings tell their grounds."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.procurement_ratings import EvidenceSource
from procurement.domain.judging import body_area
from procurement.usecases import evidence, rating_editions, rating_jobs
from tests.procurement.cases import PROVIDER, at, key
from tests.procurement.organisations import STREET, Sessions, mirrored, organisation, told

Header = dict[str, str]
TODAY = city_day(utc_now())
BUYERS = [UUID(f"01900000-0000-7000-8000-00000000b{n:03}") for n in range(3)]
MEALS = "category=meal_service"


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    """The city office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


@pytest.fixture
def district(bearer: Callable[..., Header]) -> Header:
    """The office of the district in which violations are recorded."""
    return bearer(Role.DISTRICT_OFFICE, area="310101", line="*", subject="district-li")


@pytest.fixture
async def rated(client: httpx.AsyncClient, office: Header, sessions: Sessions) -> None:
    """The supplier has a file and ratings of three buyers, in an edition."""
    await mirrored(sessions, organisation(UUID(PROVIDER)))
    wish = {"organisation_id": PROVIDER, "categories": ["meal_service"]}
    await client.post("/v1/providers", json=wish, headers={**office, **key()})
    said = [
        told(level, buyer_id=buyer, happened_on=TODAY - timedelta(days=60))
        for buyer in BUYERS
        for level in (5, 4) * 6
    ]
    async with sessions.begin() as session:
        await evidence.record(session, said, now=utc_now() - timedelta(hours=1))
    await refreshed(sessions)
    async with sessions.begin() as session:
        await rating_editions.publish_next(session, now=utc_now())


async def refreshed(sessions: Sessions, *, days: int = 0) -> None:
    async with sessions.begin() as session:
        taken = await rating_jobs.counts.take_due(session, 1000)
        await rating_jobs.renew(session, taken, now=utc_now() + timedelta(days=days))


async def violation(client: httpx.AsyncClient, office: Header, **more: Any) -> httpx.Response:
    wish = {
        "category": "meal_service",
        "level": 1,
        "document": "沪市监罚〔2026〕1号",
        "happened_on": str(TODAY),
        "buyer_id": str(STREET),
        "area_code": "310101002000",
        **more,
    }
    path = f"/v1/providers/{PROVIDER}/violations"
    return await client.post(path, json=wish, headers={**office, **key()})


async def reply(
    client: httpx.AsyncClient, header: Header, judged: dict[str, Any], kind: str
) -> httpx.Response:
    wish = {"kind": kind, "words": "食材当日已全部下架并复检合格。"}
    path = f"/v1/evaluations/{judged['id']}/replies"
    return await client.post(path, json=wish, headers={**header, **key()})


async def verdict(
    client: httpx.AsyncClient, header: Header, row: dict[str, Any], word: str
) -> httpx.Response:
    wish = {"verdict": word, "reason": "复检报告属实。"}
    path = f"/v1/grade-replies/{row['id']}/verdict"
    return await client.post(path, json=wish, headers={**header, **key(), **at(row)})


async def shown(client: httpx.AsyncClient, header: Header | None = None) -> dict[str, Any]:
    """The supplier's rating as the public has it, or exactly for who may see that."""
    path = f"/v1/providers/{PROVIDER}/ratings" + ("/exact" if header else "")
    rows: list[dict[str, Any]] = (await client.get(path, headers=header)).json()
    return next(row for row in rows if row["dimension"] == "overall")


async def current(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        await client.get(f"/v1/providers/{PROVIDER}/evaluations")
    ).json()["items"]
    return found


@pytest.mark.usefixtures("rated")
async def test_an_appeal_suspends_the_use_and_an_upheld_one_strikes_the_evaluation(
    client: httpx.AsyncClient,
    office: Header,
    district: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    judged = (await violation(client, district)).json()
    appeal = (await reply(client, provider, judged, "appeal")).json()
    await refreshed(sessions)
    suspended = await shown(client)
    (evaluation,) = await current(client)
    decided = await verdict(client, office, appeal, "upheld")
    await refreshed(sessions)
    restored = await shown(client)

    assert suspended["suspended_at"]
    assert suspended["lawful_uses"] == []
    assert (suspended["is_rated"], evaluation["is_suspended"]) == (True, True)
    assert (decided.json()["verdict"], decided.json()["verdict_reason"]) == (
        *("upheld",),
        "复检报告属实。",
    )
    assert restored["suspended_at"] is None
    assert "rating.use.match_order" in restored["lawful_uses"]
    assert "rating.use.admission" not in restored["lawful_uses"]
    assert await current(client) == []


@pytest.mark.usefixtures("rated")
async def test_a_dismissed_appeal_lets_the_evaluation_count_on_its_day(
    client: httpx.AsyncClient,
    office: Header,
    district: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    judged = (await violation(client, district)).json()
    appeal = (await reply(client, provider, judged, "appeal")).json()
    await verdict(client, office, appeal, "dismissed")
    await refreshed(sessions)
    before = await shown(client, office)
    (evaluation,) = await current(client)
    async with sessions.begin() as session:
        later = utc_now() + timedelta(days=15)
        await rating_jobs.renew_providers(session, [UUID(PROVIDER)], now=later)
    after = await shown(client, office)

    assert evaluation["counts_from_on"] == judged["counts_from_on"]
    assert before["reply_until_on"] == str(TODAY + timedelta(days=14))
    assert (before["ratings"], after["ratings"]) == (36, 37)
    assert after["lower_bound"] < before["lower_bound"]


@pytest.mark.usefixtures("rated")
async def test_an_upheld_appeal_stands_when_the_source_tells_it_again(
    client: httpx.AsyncClient, office: Header, provider: Header, sessions: Sessions
) -> None:
    said = told(1, source=EvidenceSource.ACCEPTANCE, happened_on=TODAY)
    for _ in range(2):
        async with sessions.begin() as session:
            await evidence.record(session, [said], now=utc_now())
        if (found := await current(client)) and not found[0]["is_suspended"]:
            appeal = (await reply(client, provider, found[0], "appeal")).json()
            await verdict(client, office, appeal, "upheld")

    assert await current(client) == []


@pytest.mark.usefixtures("rated")
async def test_an_appeal_is_made_once_by_the_provider_and_decided_once(
    client: httpx.AsyncClient,
    office: Header,
    district: Header,
    provider: Header,
    other_provider: Header,
    bearer: Callable[..., Header],
) -> None:
    judged = (await violation(client, district)).json()
    stranger = await reply(client, other_provider, judged, "appeal")
    statement = (await reply(client, provider, judged, "statement")).json()
    appeal = (await reply(client, provider, judged, "appeal")).json()
    (standing,) = await current(client)
    again = await reply(client, provider, standing, "appeal")
    buyer = bearer(Role.DISTRICT_OFFICE, area="310101", line="*", org=str(STREET))
    own = await verdict(client, buyer, appeal, "dismissed")
    of_statement = await verdict(client, office, statement, "upheld")
    done = await verdict(client, office, appeal, "dismissed")
    twice = await verdict(client, office, done.json(), "upheld")
    said = (await client.get(f"/v1/evaluations/{(await current(client))[0]['id']}/replies")).json()

    refused = (stranger, again, own, of_statement, twice)
    assert [answer.json()["type"] for answer in refused] == [
        *("not-your-organisation", "already-appealed", "judge-in-own-cause"),
        *("nothing-to-decide", "nothing-to-decide"),
    ]
    assert [row["kind"] for row in said] == ["statement", "appeal"]


@pytest.mark.usefixtures("rated")
async def test_who_judged_does_not_decide_and_the_appeal_goes_up(
    client: httpx.AsyncClient,
    office: Header,
    district: Header,
    provider: Header,
    bearer: Callable[..., Header],
) -> None:
    """A district's judgement is the city's to review; the city's own, another person's there."""
    colleague = bearer(Role.DISTRICT_OFFICE, area="310101", line="*", subject="district-wu")
    elsewhere = bearer(Role.DISTRICT_OFFICE, area="310104", line="*", subject="district-xu")
    city_colleague = bearer(Role.CITY_OFFICE, area="31", line="*", subject="city-wu")
    refused = []
    for judge, deciders, last in (
        (district, (district, colleague, elsewhere), office),
        (office, (office, colleague), city_colleague),
    ):
        judged = (await violation(client, judge)).json()
        appeal = (await reply(client, provider, judged, "appeal")).json()
        refused += [await verdict(client, each, appeal, "dismissed") for each in deciders]
        decided = await verdict(client, last, appeal, "upheld")
        assert decided.status_code == 200, decided.text

    assert [answer.json()["type"] for answer in refused] == [
        *("judge-in-own-cause", "not-above-the-judge", "not-above-the-judge"),
        *("judge-in-own-cause", "not-above-the-judge"),
    ]


@pytest.mark.parametrize(
    ("area_code", "body"),
    [("310101002000", "310101002"), ("310101000000", "310101"), ("310000000000", "31")],
)
def test_a_buyers_level_is_told_by_its_division(area_code: str, body: str) -> None:
    assert body_area(area_code) == body


@pytest.mark.usefixtures("rated")
async def test_what_counts_already_is_not_appealed(
    client: httpx.AsyncClient, provider: Header, sessions: Sessions
) -> None:
    said = told(2, source=EvidenceSource.ACCEPTANCE, happened_on=TODAY)
    async with sessions.begin() as session:
        await evidence.record(session, [said], now=utc_now() - timedelta(days=15))
    (judged,) = await current(client)
    appeal = await reply(client, provider, judged, "appeal")
    statement = await reply(client, provider, judged, "statement")

    assert (appeal.status_code, appeal.json()["type"]) == (409, "reply-period-over")
    assert statement.status_code == 201


@pytest.mark.usefixtures("rated")
async def test_a_rating_explains_itself(client: httpx.AsyncClient, office: Header) -> None:
    path = f"/v1/providers/{PROVIDER}/ratings"
    pairs = [
        ((await client.get(f"{path}/explained?{MEALS}")).json(), await shown(client)),
        (
            (await client.get(f"{path}/recomputed?{MEALS}", headers=office)).json(),
            await shown(client, office),
        ),
    ]
    names = ("level", "expected", "lower_bound", "upper_bound", "ratings")

    for today, kept in pairs:
        assert [today[name] for name in names] == [kept[name] for name in names]
        assert [share["buyer_id"] for share in today["shares"]] == [str(each) for each in BUYERS]
        assert sum(share["weight"] for share in today["shares"]) < 1
        assert "rating.buyer_cap" in today["rules"]
        assert (today["prior_version"], today["unrated_because"]) == ("neutral", [])
    (public, _), (exact, _) = pairs
    assert [{share["evidence"] for share in each["shares"]} for each in (public, exact)] == [
        *({10}, {12}),
    ]
    assert "rating.edition.group" in public["rules"]
    assert "rating.edition.group" not in exact["rules"]


@pytest.mark.usefixtures("rated")
async def test_days_to_come_and_cells_without_evidence_have_no_rating(
    client: httpx.AsyncClient, office: Header
) -> None:
    paths = [f"/v1/providers/{PROVIDER}/ratings/{face}" for face in ("explained", "recomputed")]
    to_come = [
        await client.get(f"{path}?{MEALS}&as_of={TODAY + timedelta(days=1)}", headers=office)
        for path in paths
    ]
    unknown = [
        (await client.get(f"{path}?category=child_care", headers=office)).status_code
        for path in paths
    ]
    early = f"{paths[1]}?{MEALS}&as_of={TODAY - timedelta(days=2)}"
    before = (await client.get(early, headers=office)).json()

    assert [(each.status_code, each.json()["type"]) for each in to_come] == [
        (422, "day-to-come")
    ] * 2
    assert unknown == [404, 404]
    assert before["unrated_because"] == ["rating.minimum_effective", "rating.minimum_buyers"]


@pytest.mark.usefixtures("rated")
async def test_performance_is_told_in_plain_figures_and_few_are_not_told(
    client: httpx.AsyncClient, office: Header
) -> None:
    await violation(client, office)
    lines = (await client.get(f"/v1/providers/{PROVIDER}/performance")).json()

    assert [(line["source"], line["pieces"], line["mean_level"]) for line in lines] == [
        ("rating", 30, 4.5),
        ("violation", None, None),
    ]


@pytest.mark.usefixtures("rated")
async def test_a_violation_is_recorded_by_superiors_of_its_area_and_not_before_it_happened(
    client: httpx.AsyncClient, office: Header, bearer: Callable[..., Header], clerk: Header
) -> None:
    elsewhere = bearer(Role.DISTRICT_OFFICE, area="310104", line="*")
    refused = [
        await violation(client, clerk),
        await violation(client, elsewhere),
        await violation(client, office, happened_on=str(TODAY + timedelta(days=1))),
        await client.post(
            f"/v1/providers/{uuid4()}/violations", json={}, headers={**office, **key()}
        ),
    ]

    assert [answer.json()["type"] for answer in refused] == [
        *("permission-missing", "out-of-area", "wrong-violation", "invalid"),
    ]

"""Assessments through the API: filed, computed, public, appealed, final; what they earn."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, update

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.crypto.keys import Keys
from feedback import tables, worker
from feedback.usecases import bad_ratings
from tests.feedback.assessed import (
    ANOTHER,
    DEPARTMENT,
    OTHER,
    THIRD,
    VERDICT,
    answered,
    done,
    evidence,
    known_subjects,
    said,
    scheme,
    send,
    street,
)
from tests.feedback.rated import rated, rating, released_every
from tests.feedback.served import PROVIDER, VENUE, Sessions, known_venue
from tests.feedback.service.test_escalation import NOTICE

__all__ = ["street"]
Header = dict[str, str]
LIVE = [
    {"code": "answers", "name": "工单按期答复", "measure": "case_response", "weight": 10},
    {"code": "solved", "name": "居民确认解决", "measure": "case_resolution", "weight": 10},
    {"code": "calls", "name": "回访率", "measure": "call_back", "weight": 20},
]


async def results(client: httpx.AsyncClient, scheme_id: str, header: Header) -> dict[str, Any]:
    answer = await client.get("/v1/assessments", params={"scheme_id": scheme_id}, headers=header)
    return {each["subject_id"]: each for each in answer.json()["items"]}


async def carried_out(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A scheme whose results are public."""
    filed = await done(client, header, "assessment-schemes", **scheme(**more))
    path = f"assessment-schemes/{filed['id']}/results"
    return await done(client, header, path, filed["version"])


async def test_results_are_computed_from_ratings_cases_and_evidence_with_bands_for_ranks(
    client: httpx.AsyncClient, street: Sessions, head: Header, clerk: Header
) -> None:
    for each in (PROVIDER, OTHER, THIRD):
        await done(client, clerk, "evidence", **evidence(subject_id=each))

    carried = await carried_out(client, head)
    found = await results(client, carried["id"], {})
    good, alike, worse = found[PROVIDER], found[OTHER], found[THIRD]

    assert carried["weight_rule"] == "satisfaction.weight"
    assert (good["band"], alike["band"], worse["band"]) == (1, 1, 2)
    assert good["lower_bound"] < good["score"] < good["upper_bound"]
    assert worse["upper_bound"] < alike["lower_bound"]
    assert (good["responses"], good["response_share"]) == (200, 0.51)  # in tens: no subtraction
    scores = {each["code"]: each["score"] for each in good["indicators"]}
    assert scores == {"verdict": pytest.approx(0.98, abs=0.02), "answers": 0.93, "training": 0.9}
    assert [each["is_satisfaction"] for each in good["indicators"]] == [True, False, False]
    assert good["publicity_to_on"] > good["publicity_from_on"]


async def test_a_body_of_few_ratings_has_no_result_nor_one_from_which_theirs_would_follow(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 9}, served=9)
    await said(sessions, OTHER, {5: 12}, served=20)
    await said(sessions, THIRD, {5: 25}, served=40)
    await worker.release_all(sessions, now=utc_now())

    carried = await carried_out(client, head)
    found = await results(client, carried["id"], {})

    for name in ("score", "lower_bound", "band", "responses", "response_share"):
        assert found[PROVIDER][name] is found[OTHER][name] is None
    assert found[THIRD]["score"] is not None
    assert found[THIRD]["band"] is None  # below the thirty that a band asks for
    assert found[THIRD]["responses"] == 20


async def test_an_assessment_tells_nothing_of_a_quarter_that_a_release_withholds(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    """Twelve fives less four ones: of both together the sum is told, so neither may be bounded."""
    summer = date(2026, 6, 1)
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    await said(sessions, OTHER, {4: 30, 2: 12}, served=60)
    await said(sessions, PROVIDER, {5: 12}, served=12, month_on=summer)
    await said(sessions, OTHER, {1: 4}, served=9, month_on=summer)
    await worker.release_all(sessions, now=utc_now())

    quarter = {"period_to_on": "2026-03-31", "subject_ids": [PROVIDER, OTHER]}
    first = await carried_out(client, head, kind="street_services", **quarter)
    half = await carried_out(client, head, subject_ids=[PROVIDER, OTHER])
    told, whole = [await results(client, each["id"], {}) for each in (first, half)]

    for subject in (PROVIDER, OTHER):
        for name in ("score", "lower_bound", "upper_bound", "responses", "response_share"):
            assert told[subject][name] == whole[subject][name] is not None


async def test_two_assessments_of_the_same_ratings_tell_nothing_of_what_came_or_went_between(
    client: httpx.AsyncClient, sessions: Sessions, head: Header, provider: Header
) -> None:
    """Twelve bad ones less one that was excluded since: the second result is the first."""
    await known_subjects(sessions)
    bad = [rating(PROVIDER, 1) for _ in range(12)]
    await rated(sessions, *bad, *(rating(PROVIDER, 5) for _ in range(30)))
    await looped(sessions, bad, called_back=2)
    await worker.add_up(sessions)
    await worker.release_all(sessions, now=utc_now())
    calls = {"code": "calls", "name": "回访率", "measure": "call_back", "weight": 40}
    one = {"subject_ids": [PROVIDER], "indicators": [VERDICT, calls]}
    first = await carried_out(client, head, **one)

    path = f"ratings/{bad[0].id}/appeal"
    appeal = await done(client, provider, path, ground="malicious", words="并未服务过此人")
    path = f"rating-appeals/{appeal['id']}/decision"
    await done(client, head, path, appeal["version"], is_upheld=True, reason="查实为恶意差评")
    late = [rating(PROVIDER, 1, rated_at=utc_now()) for _ in range(5)]
    await rated(sessions, *late)
    await looped(sessions, late, called_back=5)
    await worker.add_up(sessions)
    again = await carried_out(client, head, kind="street_services", **one)
    [told], [anew] = [(await results(client, each["id"], {})).values() for each in (first, again)]

    for name in ("score", "lower_bound", "upper_bound", "responses", "response_share"):
        assert told[name] == anew[name] is not None
    assert [each["score"] for each in told["indicators"]] == [pytest.approx(0.71), 0.17]
    assert [each["score"] for each in anew["indicators"]] == [pytest.approx(0.71), 0.17]


async def test_two_assessments_of_the_same_cases_tell_nothing_of_what_happened_between(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    """One resident says that it is solved, one more case comes, one is called back."""
    await known_subjects(sessions)
    bad = [rating(PROVIDER, 1) for _ in range(12)]
    await rated(sessions, *bad, *(rating(PROVIDER, 5) for _ in range(30)))
    await looped(sessions, bad, called_back=6)
    await answered(sessions, keys, PROVIDER, 20, late=2)
    await worker.add_up(sessions)
    await worker.release_all(sessions, now=utc_now())
    one = {"subject_ids": [PROVIDER], "indicators": [VERDICT, *LIVE]}
    first = await carried_out(client, head, **one)

    case = tables.Case
    some = select(case.id).limit(1).scalar_subquery()
    async with sessions.begin() as session:
        confirmed = {"status": "confirmed", "confirmed_at": utc_now(), "closed_at": utc_now()}
        await session.execute(update(case).where(case.id == some).values(confirmed))
    await answered(sessions, keys, PROVIDER, 3)
    await looped(sessions, bad[6:], called_back=1)
    again = await carried_out(client, head, kind="street_services", **one)
    [told], [anew] = [(await results(client, each["id"], {})).values() for each in (first, again)]
    scores = {each["code"]: each["score"] for each in told["indicators"]}

    assert anew["indicators"] == told["indicators"]
    assert (anew["score"], anew["lower_bound"]) == (told["score"], told["lower_bound"])
    assert scores == {"verdict": 0.71, "answers": 0.9, "solved": 0.0, "calls": 0.5}


async def looped(sessions: Sessions, bad: Sequence[tables.Rating], *, called_back: int) -> None:
    """The loops of bad ratings, of which the first are done."""
    done = {
        "status": "called_back",
        **dict.fromkeys(("verified_at", "rectified_at", "called_back_at"), utc_now()),
        "rectified_by": "house-1",
        "called_back_by": "desk-1",
        "call_back": "satisfied",
    }
    which = tables.BadRating.rating_id.in_([each.id for each in bad[:called_back]])
    async with sessions.begin() as session:
        for each in bad:
            await bad_ratings.open_if_bad(session, each, now=each.rated_at)
        await session.flush()
        await session.execute(update(tables.BadRating).where(which).values(done))


async def test_a_release_that_reaches_beyond_the_period_is_no_part_of_an_assessment(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    await said(sessions, PROVIDER, {5: 44}, served=80, month_on=date(2026, 4, 1))
    await released_every(sessions, 6)
    await worker.release_all(sessions, now=utc_now())
    await released_every(sessions, 3)
    filed = await done(client, head, "assessment-schemes", **scheme(period_to_on="2026-03-31"))

    refused = await send(
        client, head, f"assessment-schemes/{filed['id']}/results", filed["version"]
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-not-released")


async def test_a_venue_is_assessed_by_what_people_of_its_town_said(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    there = {"venue_id": UUID(VENUE)}
    await known_venue(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80, **there)
    await said(sessions, PROVIDER, {1: 30}, served=60, area_code="310101003000", **there)
    await worker.release_all(sessions, now=utc_now())

    carried = await carried_out(client, head, subject="venue", subject_ids=[VENUE])
    [found] = (await results(client, carried["id"], {})).values()
    first = (await client.get("/v1/statistics/releases")).json()["items"][-1]
    asked = {"subject": "venue", "release_id": first["id"]}
    figures = await client.get("/v1/statistics/ratings", params=asked)

    assert (found["responses"], found["response_share"]) == (40, 0.5)
    assert [(each["key"], each["ratings"]) for each in figures.json()["items"]] == [(VENUE, 40)]


async def test_nothing_is_computed_before_the_figures_are_released(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    filed = await done(client, head, "assessment-schemes", **scheme())
    path = f"assessment-schemes/{filed['id']}/results"

    refused = await send(client, head, path, filed["version"])
    await worker.release_all(sessions, now=utc_now())
    carried = await done(client, head, path, filed["version"])

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-not-released")
    assert carried["assessed_at"] is not None


async def test_a_notice_sets_anew_until_when_results_may_be_appealed(
    client: httpx.AsyncClient, street: Sessions, head: Header, city: Header, keys: Keys
) -> None:
    carried = await carried_out(client, head)
    before = (await results(client, carried["id"], {}))[PROVIDER]
    async with street.begin() as session:  # as if they had been published on 2026-12-28
        values = {
            "publicity_from_on": date(2026, 12, 28),
            "publicity_to_on": date(2027, 1, 4),
            "is_publicity_provisional": True,
        }
        await session.execute(update(tables.Assessment).values(values))
    await done(client, city, "calendar/notices", **NOTICE)

    await worker.recount(street, keys, now=utc_now())
    after = (await results(client, carried["id"], {}))[PROVIDER]

    assert before["is_publicity_provisional"] is False
    assert after["is_publicity_provisional"] is False
    assert after["publicity_to_on"] == "2027-01-05"
    assert after["version"] == before["version"] + 1


async def test_evidence_is_registered_once_cited_by_many_and_never_asked_for_again(
    client: httpx.AsyncClient, street: Sessions, head: Header, clerk: Header
) -> None:
    await done(client, clerk, "evidence", **evidence())
    again = await send(client, clerk, "evidence", **evidence(document="又一份"))
    first = await done(client, head, "assessment-schemes", **scheme())
    other = scheme(kind="street_services", lead_id=ANOTHER)
    second = await done(client, head, "assessment-schemes", **other)
    path = f"/v1/assessment-schemes/{first['id']}/missing-evidence"
    missing = (await client.get(path)).json()

    for each in (first, second):
        where = f"assessment-schemes/{each['id']}/results"
        await done(client, head, where, each["version"])
    listed = (await client.get("/v1/evidence", headers=clerk)).json()["items"]

    assert (again.status_code, again.json()["type"]) == (409, "evidence-held")
    assert {each["subject_id"] for each in missing} == {OTHER, THIRD}
    assert [each["cited"] for each in listed] == [2]


async def test_an_appeal_is_filed_by_the_body_decided_by_another_and_computed_again(
    client: httpx.AsyncClient,
    street: Sessions,
    head: Header,
    clerk: Header,
    provider: Header,
    district: Header,
    body: Header,
) -> None:
    carried = await carried_out(client, head)
    mine = (await results(client, carried["id"], provider))[PROVIDER]
    path = f"assessments/{mine['id']}"
    words = {"words": "培训已完成，佐证当时未登记"}

    elsewhere = await send(client, body, f"{path}/appeal", mine["version"], **words)
    appealed = await done(client, provider, f"{path}/appeal", mine["version"], **words)
    twice = await send(client, provider, f"{path}/appeal", appealed["version"], **words)
    await done(client, clerk, "evidence", **evidence(achieved=50))
    below = await send(
        client, head, f"{path}/decision", appealed["version"], is_upheld=True, reason="佐证已登记"
    )
    decided = await done(
        client,
        district,
        f"{path}/decision",
        appealed["version"],
        is_upheld=True,
        reason="佐证已登记",
    )
    seen_by_all = (await client.get(f"/v1/{path}")).json()

    assert elsewhere.status_code == 403
    assert (twice.status_code, twice.json()["type"]) == (409, "not-in-publicity")
    assert below.status_code == 403
    training = [each["score"] for each in decided["indicators"] if each["code"] == "training"]
    assert training == [1.0]
    assert len(decided["evidence_ids"]) == 1
    assert decided["appeal_words"] == words["words"]
    assert seen_by_all["appeal_words"] is None
    assert seen_by_all["is_appeal_upheld"] is True


async def test_results_are_final_after_publicity_but_for_an_open_appeal_and_then_earn(
    client: httpx.AsyncClient,
    street: Sessions,
    head: Header,
    provider: Header,
    district: Header,
) -> None:
    carried = await carried_out(client, head)
    mine = (await results(client, carried["id"], {}))[PROVIDER]
    path = f"assessments/{mine['id']}"
    appealed = await done(
        client, provider, f"{path}/appeal", mine["version"], words="评价来自他人服务"
    )
    later = utc_now() + timedelta(days=40)
    pot = {
        "scheme_id": carried["id"],
        "pot_fen": 10_000_000,
        "pot_document": "沪社建〔2026〕1号",
    }

    assert await worker.close_all(street, now=utc_now()) == 0
    assert await worker.close_all(street, now=later) == 2
    early = await send(client, district, "incentives", **pot)
    await done(
        client,
        district,
        f"{path}/decision",
        appealed["version"],
        is_upheld=False,
        reason="核查无误",
    )
    assert await worker.close_all(street, now=later) == 1
    granted = await done(client, district, "incentives", **pot)
    twice = await send(client, district, "incentives", **pot)
    public = (await client.get("/v1/incentives", params={"area": "310101002"})).json()["items"]

    assert (early.status_code, early.json()["type"]) == (409, "assessment-not-final")
    assert (twice.status_code, twice.json()["type"]) == (409, "incentive-granted")
    assert public == [granted]
    won = {each["subject_id"]: each for each in granted["awards"]}
    assert sum(each["award_fen"] for each in won.values()) in range(9_999_990, 10_000_001)
    assert won[PROVIDER]["is_model"] is True
    assert won[THIRD]["award_fen"] == 0


async def test_no_result_is_computed_twice_or_before_the_last_rating(
    client: httpx.AsyncClient, street: Sessions, head: Header
) -> None:
    carried = await carried_out(client, head)
    path = f"assessment-schemes/{carried['id']}/results"
    again = await send(client, head, path, carried["version"])
    year = city_day(utc_now()).year + 1
    dates = {"period_from_on": f"{year}-01-01", "period_to_on": f"{year}-03-31"}
    coming = await done(client, head, "assessment-schemes", **scheme(**dates))
    early = await send(
        client, head, f"assessment-schemes/{coming['id']}/results", coming["version"]
    )

    assert (again.status_code, again.json()["type"]) == (409, "already-assessed")
    assert (early.status_code, early.json()["type"]) == (409, "assessment-too-early")


async def test_another_street_files_registers_and_carries_out_nothing_here(
    client: httpx.AsyncClient,
    street: Sessions,
    head: Header,
    bearer: Callable[..., Header],
    other_street: Header,
) -> None:
    elsewhere = bearer(Role.STREET_HEAD, area="310104003", line="*")
    filed = await done(client, head, "assessment-schemes", **scheme())
    calls = [
        await send(client, elsewhere, "assessment-schemes", **scheme()),
        await send(
            client, elsewhere, f"assessment-schemes/{filed['id']}/results", filed["version"]
        ),
        await send(client, other_street, "evidence", **evidence()),
        await send(
            client,
            elsewhere,
            "assessment-visits",
            subject="organisation",
            subject_id=PROVIDER,
            visited_on=str(city_day(utc_now())),
            department_id=DEPARTMENT,
        ),
    ]
    beyond = await send(client, other_street, "evidence", **evidence(subject_id=str(uuid4())))
    unknown = await send(client, head, "assessment-schemes", **scheme(subject_ids=[str(uuid4())]))

    assert {each.json()["type"] for each in calls} == {"out-of-area"}
    assert beyond.status_code == 404
    assert (unknown.status_code, unknown.json()["type"]) == (422, "wrong-scheme")

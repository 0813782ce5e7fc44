"""Whoever compares assessments with releases and with each other learns nothing of the few."""

from collections.abc import Sequence
from datetime import date

import httpx
import pytest
from sqlalchemy import select, update

from common.clock import utc_now
from common.crypto.keys import Keys
from feedback import tables, worker
from feedback.usecases import bad_ratings
from tests.feedback.assessed import (
    OTHER,
    THIRD,
    VERDICT,
    answered,
    carried_out,
    done,
    known_subjects,
    results,
    said,
)
from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER, Sessions

Header = dict[str, str]
LIVE = [
    {"code": "answers", "name": "工单按期答复", "measure": "case_response", "weight": 10},
    {"code": "solved", "name": "居民确认解决", "measure": "case_resolution", "weight": 10},
    {"code": "calls", "name": "回访率", "measure": "call_back", "weight": 20},
]


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

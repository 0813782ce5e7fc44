"""The loop of a bad rating, and appeals against ratings."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from common.auth.roles import Role
from common.contracts.feedback import RatingChannel
from common.crypto.keys import Keys
from feedback import tables
from feedback.queries import tallies
from tests.feedback import served as cases
from tests.feedback.served import Sessions, at, days_pass, key, rated, served, step

Header = dict[str, str]


@pytest.fixture
async def bad(
    client: httpx.AsyncClient, resident: Header, clerk: Header, sessions: Sessions, keys: Keys
) -> dict[str, Any]:
    """A bad rating that waits to be verified."""
    referral = await served(sessions, cases.rater_of(keys, "resident-1"))
    words = "约好九点没来，请打 13800138000"
    await rated(client, resident, referral, 1, options=["came_late"], words=words)
    listed = (await client.get("/v1/bad-ratings", headers=clerk)).json()["items"]
    assert len(listed) == 1
    found: dict[str, Any] = listed[0]
    return found


async def test_a_bad_rating_opens_a_loop_with_clocks_from_the_rules(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    venue_head: Header,
    other_street: Header,
) -> None:
    house = (await client.get(f"/v1/bad-ratings/{bad['id']}", headers=venue_head)).json()
    stranger = await client.get(f"/v1/bad-ratings/{bad['id']}", headers=other_street)

    assert (bad["verify_by"]["rule"], bad["rectify_by"]["rule"]) == (
        *("rating.verify",),
        "sh.rating.rectify",
    )
    assert bad["verify_by"]["on"] < bad["rectify_by"]["on"]
    assert (bad["status"], bad["is_overdue"], bad["call_back_by"]) == ("open", False, None)
    assert bad["words"] == "约好九点没来，请打 *****"
    assert house["words"] is None
    assert stranger.status_code == 404


async def test_it_is_verified_rectified_and_called_back_by_somebody_else(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    clerk: Header,
    colleague: Header,
    venue_head: Header,
) -> None:
    skipped = await step(client, clerk, bad, "rectification", measures="已致歉")
    verified = await step(
        client, clerk, bad, "verification", finding="substantiated", words="当日缺员"
    )
    rectified = await step(
        client, clerk, verified.json(), "rectification", measures="补派人员，已致歉"
    )
    assert rectified.status_code == 200, rectified.text
    same = await step(client, clerk, rectified.json(), "call-back", outcome="satisfied")
    house = await step(client, venue_head, rectified.json(), "call-back", outcome="satisfied")
    quick = await step(client, colleague, rectified.json(), "call-back", outcome="not_reached")
    done = await step(client, colleague, rectified.json(), "call-back", outcome="satisfied")

    assert skipped.json()["type"] == "loop-cannot-move"
    assert rectified.json()["call_back_by"]["rule"] == "rating.call_back"
    assert (same.json()["type"], quick.json()["type"]) == ("caller-rectified", "too-few-attempts")
    assert (house.status_code, house.json()["type"]) == (403, "not-by-the-house")
    assert (done.json()["status"], done.json()["call_back"]) == ("called_back", "satisfied")


async def test_the_longer_time_is_approved_once_with_a_reason(
    client: httpx.AsyncClient, bad: dict[str, Any], clerk: Header, head: Header
) -> None:
    desk = await step(client, clerk, bad, "extension", reason="涉及多个部门")
    longer = await step(client, head, bad, "extension", reason="涉及多个部门")
    twice = await step(client, head, longer.json(), "extension", reason="再延")

    assert desk.status_code == 403
    assert longer.json()["rectify_by"]["rule"] == "sh.rating.rectify_complex"
    assert longer.json()["rectify_by"]["on"] > bad["rectify_by"]["on"]
    assert twice.json()["type"] == "already-extended"


async def appealed(client: httpx.AsyncClient, header: Header, rating_id: str) -> httpx.Response:
    return await client.post(
        f"/v1/ratings/{rating_id}/appeal",
        json={"ground": "mistaken", "words": "不是我方服务"},
        headers={**header, **key()},
    )


async def decided(
    client: httpx.AsyncClient, header: Header, appeal: dict[str, Any], *, is_upheld: bool
) -> httpx.Response:
    return await client.post(
        f"/v1/rating-appeals/{appeal['id']}/decision",
        json={"is_upheld": is_upheld, "reason": "已核对派单记录"},
        headers={**header, **key(), **at(appeal["version"])},
    )


async def test_an_upheld_appeal_leaves_the_rating_and_takes_it_out_of_the_figures(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    provider: Header,
    head: Header,
    other_street: Header,
    sessions: Sessions,
) -> None:
    appeal = await appealed(client, provider, bad["id"])
    twice = await appealed(client, provider, bad["id"])
    stranger = await appealed(client, other_street, bad["id"])
    done = await decided(client, head, appeal.json(), is_upheld=True)
    again = await decided(client, head, done.json(), is_upheld=False)

    assert (twice.json()["type"], again.json()["type"]) == ("already-appealed", "appeal-decided")
    assert stranger.status_code == 403
    assert done.json()["is_upheld"] is True
    async with sessions.begin() as session:
        await tallies.add_up(session)
        row = (await session.scalars(select(tables.Rating))).one()
        counts = await session.execute(
            select(tables.Tally.is_counted, tables.Tally.level, tables.Tally.count).where(
                tables.Tally.channel == RatingChannel.SELF
            )
        )
        kept = [tuple(each) for each in counts]
    assert (row.level, row.is_counted) == (1, False)
    assert kept == [(False, 1, 1)]


async def test_who_appealed_does_not_decide_and_a_dismissed_appeal_changes_nothing(
    client: httpx.AsyncClient, bad: dict[str, Any], bearer: Any, head: Header
) -> None:
    roles = ("venue_head", "street_head")
    both = bearer(*roles, area="310101002", line="*", subject="two-hats", kind="staff")
    appeal = await appealed(client, both, bad["id"])
    own = await decided(client, both, appeal.json(), is_upheld=True)
    dismissed = await decided(client, head, appeal.json(), is_upheld=False)

    assert own.json()["type"] == "own-appeal"
    assert dismissed.json()["is_upheld"] is False


async def test_each_list_goes_on_where_its_page_ended(
    client: httpx.AsyncClient,
    resident: Header,
    venue_head: Header,
    head: Header,
    bearer: Any,
    sessions: Sessions,
    keys: Keys,
) -> None:
    for _ in range(3):
        referral = await served(sessions, cases.rater_of(keys, "resident-1"))
        made = await rated(client, resident, referral, 1)
        assert (await appealed(client, venue_head, made["id"])).status_code == 201
    lists = {
        "/v1/ratings": resident,
        "/v1/bad-ratings": head,
        "/v1/rating-appeals": head,
        "/v1/rating-reports": bearer(Role.PORTAL_APP, area="31"),
    }

    await days_pass(sessions, 1)
    for path, who in lists.items():
        seen, after = [], {}
        for _ in range(3):
            query = {"limit": "1", **after}
            found = (await client.get(path, params=query, headers=who)).json()
            seen += [each.get("id") or each["projNo"] for each in found["items"]]
            after = {"after": found["next"]}

        assert (len({*seen}), after) == (3, {"after": None}), path


async def test_the_rated_see_a_rating_only_among_ten_and_when_its_month_is_over(
    client: httpx.AsyncClient, provider: Header, bearer: Any, sessions: Sessions, keys: Keys
) -> None:
    seen, made = [], []
    for number in range(11):
        if number <= 1:  # the first stands alone in its month
            await days_pass(sessions, 31)
        seen.append((await client.get("/v1/own-ratings", headers=provider)).json()["items"])
        subject = f"resident-{number}"
        referral = await served(sessions, cases.rater_of(keys, subject))
        made.append(
            await rated(client, bearer("resident", subject=subject), referral, 4, words="谢谢你们")
        )
    seen.append((await client.get("/v1/own-ratings", headers=provider)).json()["items"])
    await days_pass(sessions, 31)
    shown = (await client.get("/v1/own-ratings", headers=provider)).json()["items"]

    assert seen == [[]] * 12
    assert len(shown) == 10
    assert {UUID(each["id"]).version for each in made} == {4}
    assert [each["id"] for each in shown] == sorted(each["id"] for each in made[1:])
    assert {"words", "rated_at", "rated_on", "referral_id"}.isdisjoint(shown[0])


@pytest.mark.parametrize(
    ("finding", "is_told"), [("substantiated", False), ("partly", True), ("unsubstantiated", True)]
)
async def test_what_a_desk_found_untrue_can_be_appealed_though_it_stands_alone(
    client: httpx.AsyncClient,
    bad: dict[str, Any],
    clerk: Header,
    provider: Header,
    sessions: Sessions,
    finding: str,
    *,
    is_told: bool,
) -> None:
    await days_pass(sessions, 31)
    before = (await client.get("/v1/own-ratings", headers=provider)).json()["items"]
    await step(client, clerk, bad, "verification", finding=finding, words="考勤与派单不符")
    told = (await client.get("/v1/own-ratings", headers=provider)).json()["items"]
    appeals = [await appealed(client, provider, each["id"]) for each in told]

    assert before == []
    assert [each["id"] for each in told] == [bad["id"]] * is_told
    assert [(each["offering_id"], each["options"]) for each in told] == [(None, [])] * is_told
    assert [each.status_code for each in appeals] == [201] * is_told


async def test_a_bad_rating_whose_step_is_late_is_listed(
    client: httpx.AsyncClient, bad: dict[str, Any], clerk: Header, sessions: Sessions
) -> None:
    async def late() -> list[str]:
        asked = {"overdue": True}
        answer = await client.get("/v1/bad-ratings", params=asked, headers=clerk)
        listed = answer.json()["items"]
        assert all(each["is_overdue"] for each in listed)
        return [each["id"] for each in listed]

    in_time = await late()
    async with sessions.begin() as session:
        row = await session.get_one(tables.BadRating, bad["id"])
        row.clocks = {**row.clocks, "verify": {**row.clocks["verify"], "on": "2020-01-01"}}
    unverified = await late()
    await step(client, clerk, bad, "verification", finding="substantiated", words="当日缺员")

    assert (in_time, unverified, await late()) == ([], [bad["id"]], [])

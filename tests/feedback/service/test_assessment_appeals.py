"""Results are public for some days and may be appealed; then they are final, and earn."""

from datetime import date, timedelta

import httpx
from sqlalchemy import update

from common.clock import utc_now
from common.crypto.keys import Keys
from feedback import tables, worker
from tests.feedback.assessed import THIRD, carried_out, done, evidence, results, send, street
from tests.feedback.served import PROVIDER, Sessions
from tests.feedback.service.test_escalation import NOTICE

__all__ = ["street"]
Header = dict[str, str]


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

"""Four publish a plan of one street, field and year at once; the database lets one."""

import asyncio

import httpx

from tests.procurement.cases import Header, at
from tests.procurement.service.test_plans import drawn_up, post


async def test_plans_published_at_once_leave_one_and_name_the_clash(
    live_client: httpx.AsyncClient, clerk: Header
) -> None:
    plans = [await drawn_up(live_client, clerk) for _ in range(4)]

    answers = await asyncio.gather(
        *(
            post(live_client, clerk, f"/plans/{each['id']}/publication", None, **at(each))
            for each in plans
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"plan-overlaps"}

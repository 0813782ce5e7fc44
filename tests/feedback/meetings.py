"""Bodies and their meetings as tests make them, through the API."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import httpx

from common.auth.roles import Role
from common.clock import CITY_ZONE, city_day, utc_now
from tests.feedback.polls import STREET_AREA, send

Header = dict[str, str]
BODY: dict[str, Any] = {
    "kind": "community_committee",
    "name": "南京东路街道社区委员会",
    "area_code": STREET_AREA,
    "term_from_on": "2025-01-01",
    "term_to_on": "2029-12-31",
}
MINUTES = "会议听取街道说明，与会席位逐项讨论。"


async def body(client: httpx.AsyncClient, clerk: Header, seats: int = 6, **more: Any) -> Any:
    made = await send(client, clerk, "/v1/deliberation-bodies", **{**BODY, **more})
    assert made.status_code == 201, made.text
    path = f"/v1/deliberation-bodies/{made.json()['id']}"
    for at in range(seats):
        await send(client, clerk, f"{path}/seats", title=f"居民代表席位 {at + 1}")
    return (await client.get(path)).json()


async def meeting(client: httpx.AsyncClient, clerk: Header, of: Any, *topics: Any) -> Any:
    now = utc_now()  # of today, for the seats are taken today: also just after midnight
    midnight = datetime.combine(city_day(now), time(), CITY_ZONE)
    made = await send(
        client,
        clerk,
        "/v1/meetings",
        body_id=of["id"],
        starts_at=max(now - timedelta(minutes=5), midnight).isoformat(),
        place="街道二楼会议室",
        topics=list(topics) or [{"title": "助餐点加一餐"}],
    )
    assert made.status_code == 201, made.text
    return made.json()


async def held(
    client: httpx.AsyncClient, clerk: Header, of: Any, called: Any, present: int
) -> httpx.Response:
    seats = [seat["id"] for seat in of["seats"]][:present]
    return await send(
        client, clerk, f"/v1/meetings/{called['id']}/minutes", 1, present=seats, minutes=MINUTES
    )


async def resolved(
    client: httpx.AsyncClient, clerk: Header, called: Any, votes: tuple[int, int], **more: Any
) -> httpx.Response:
    said = {
        "meeting_id": called["id"],
        "topic": 1,
        "text": "同意列入清单",
        "votes_for": votes[0],
        "votes_against": votes[1],
        "abstained": 0,
    }
    return await send(client, clerk, "/v1/resolutions", **{**said, **more})


async def decided(
    client: httpx.AsyncClient,
    clerk: Header,
    votes: tuple[int, int],
    *topics: Any,
    area_code: str = STREET_AREA,
    **more: Any,
) -> httpx.Response:
    """A resolution of a body of its own, on the first topic of its meeting."""
    of = await body(client, clerk, area_code=area_code)
    called = await meeting(client, clerk, of, *topics)
    await held(client, clerk, of, called, 4)
    return await resolved(client, clerk, called, votes, **more)


async def listed(
    client: httpx.AsyncClient, bearer: Callable[..., Header], proposal_id: UUID, **more: Any
) -> httpx.Response:
    """An agenda of one item by resolution."""
    wish: dict[str, Any] = {
        "title": "会议票决的项目",
        "area_code": STREET_AREA,
        "pot_fen": 700_000,
        "pot_document": "南东办〔2026〕13号",
        "pot_approved_by_id": "01900000-0000-7000-8000-000000000012",
        "pot_approved_on": "2026-03-01",
        "items": [{"proposal_id": str(proposal_id), "money_fen": 600_000}],
    }
    head = bearer(Role.STREET_HEAD, area="310101002", line="*")
    return await send(client, head, "/v1/agendas/by-resolution", **{**wish, **more})

"""Who tells the story waits for a service that is away, and sends the same call again."""

import httpx
import pytest

from deploy.local.story.people import PUBLIC
from deploy.local.story.telling import Clock, Teller

ADDRESSES = {"registry": "http://registry.test"}


@pytest.mark.parametrize(
    "away",
    [httpx.ReadError("reset"), httpx.RemoteProtocolError("ended"), httpx.Response(503)],
    ids=["connection reset", "no answer", "asks to come later"],
)
async def test_a_call_that_was_cut_off_is_sent_again_with_its_key(
    away: httpx.Response | Exception,
) -> None:
    keys: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) > 1:
            return httpx.Response(201, json={"id": "made"})
        if isinstance(away, Exception):
            raise away
        return away

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered)) as client:
        made = await Teller(client, ADDRESSES, Clock()).post(PUBLIC, "registry/v1/areas", {})

    assert made == {"id": "made"}
    assert len(keys) == 2
    assert keys[0] == keys[1]

"""Clients against the services themselves where they serve, and against samples where they will."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from common.clients.feedback import FeedbackClient
from common.clients.matching import MatchingClient
from common.clients.procurement import ProcurementClient
from common.clients.registry import RegistryClient
from common.contracts.registry.bookings import BookingIn, SpacePurpose
from common.errors import Conflict, Text, Unavailable
from common.http import ServiceHttp
from common.ids import uuid7
from tests.harness import Apps

SAMPLES = Path(__file__).parent / "samples"
WHAT = Text("对方服务", "The other service")
Ask = Callable[[ServiceHttp, UUID], Awaitable[Any]]

# Each reading method, the sample that its answer is, and the service that serves it.
READS: dict[str, tuple[str, str, Ask]] = {
    "organisation": ("registry", "organisation", lambda h, i: RegistryClient(h).organisation(i)),
    "offering": ("registry", "offering", lambda h, i: RegistryClient(h).offering(i)),
    "referral": ("matching", "referral", lambda h, i: MatchingClient(h).referral(i)),
    "contract": ("procurement", "contract", lambda h, i: ProcurementClient(h).contract(i)),
    "agenda": ("feedback", "agenda", lambda h, i: FeedbackClient(h).agenda(i)),
}
LATER = ("referral",)


class Through(httpx.AsyncBaseTransport):
    """Calls that go to an app of this process."""

    def __init__(self, calls: httpx.AsyncClient) -> None:
        self._calls = calls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._calls.send(request)


def answering(status: int, body: object) -> ServiceHttp:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body)

    return ServiceHttp("http://other.test", what=WHAT, transport=httpx.MockTransport(answer))


@pytest.fixture
async def really(apps: Apps, method: str) -> AsyncIterator[ServiceHttp]:
    """Calls to the real service that a method asks."""
    async with apps.client(READS[method][0]) as calls:
        yield ServiceHttp("http://service.test", what=WHAT, transport=Through(calls))


@pytest.mark.parametrize("method", READS)
async def test_an_answer_is_read_as_the_contract_says(method):
    _, kind, ask = READS[method]
    sample = orjson.loads((SAMPLES / f"{kind}.json").read_bytes())

    async with answering(200, sample) as http:
        read = await ask(http, UUID(sample["id"]))

    assert orjson.loads(read.model_dump_json()) == sample


@pytest.mark.parametrize("method", READS)
async def test_a_record_that_does_not_exist_is_none(method):
    async with answering(404, {"type": "not-found", "title": "x", "detail": "x"}) as http:
        assert await READS[method][2](http, uuid7()) is None


@pytest.mark.parametrize("method", [name for name in READS if name not in LATER])
async def test_the_service_itself_says_that_there_is_none(really, method):
    assert await READS[method][2](really, uuid7()) is None


@pytest.mark.parametrize("method", LATER)
async def test_what_is_not_served_yet_is_unavailable_and_never_an_answer(really, method):
    with pytest.raises(Unavailable):
        await READS[method][2](really, uuid7())


WISH = BookingIn(
    space_id=UUID(int=1),
    purpose=SpacePurpose.SERVICE,
    starts_at=datetime(2026, 6, 1, 1, tzinfo=UTC),
    ends_at=datetime(2026, 6, 1, 3, tzinfo=UTC),
    persons=20,
)


async def test_a_booking_is_read_as_the_contract_says():
    sample = orjson.loads((SAMPLES / "booking.json").read_bytes())

    async with answering(200, sample) as http:
        booking = await RegistryClient(http).book(UUID(sample["id"]), WISH)

    assert orjson.loads(booking.model_dump_json()) == sample


async def test_a_taken_room_is_a_conflict():
    async with answering(409, {"type": "space-taken", "title": "x", "detail": "x"}) as http:
        with pytest.raises(Conflict) as caught:
            await RegistryClient(http).book(uuid7(), WISH)

    assert caught.value.slug == "space-taken"


@pytest.mark.parametrize(("status", "slug"), [(204, ""), (404, "not-found")])
async def test_giving_a_room_back_twice_is_no_fault(status, slug):
    async with answering(status, {"type": slug}) as http:
        await RegistryClient(http).cancel_booking(uuid7())

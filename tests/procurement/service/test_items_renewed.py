"""What residents were given stays given: a renewal is a further delivery, in whatever order."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.clock import city_day, utc_now
from procurement import tables
from procurement.usecases import agenda
from tests.procurement.cases import Header, Sessions, opened_line
from tests.procurement.deals import VALUE, step
from tests.procurement.service.test_changes import of_residents, renewal
from tests.procurement.service.test_items_of_frameworks import DONE, GONE, completed, outcome
from tests.procurement.service.test_performance import accepted, act, paid

TOLD = ("stage", "contract_id", "contracted_fen", "paid_fen", "cost_fen", "delivered_at")


class Renewed:
    """A contract of what residents decided, and its renewal, each step by itself."""

    def __init__(self, client: httpx.AsyncClient, sessions: Sessions, **people: Header) -> None:
        self.client, self.sessions, self.people = client, sessions, people
        self.item = uuid4()

    async def begin(self) -> None:
        """The contract runs, and both have signed its renewal."""
        head, provider = self.people["head"], self.people["provider"]
        given = self.client, head, provider, self.sessions
        today = city_day(utc_now())
        latest = today.replace(year=today.year + 3) - timedelta(days=1)
        stable = {"is_stable": True, "max_extent_on": str(latest)}
        self.first = await of_residents(*given, self.item, **stable)
        line = (await opened_line(self.client, head))["id"]
        term = await act(self.client, head, self.first, "renewal", renewal(self.first, line))
        made = {**term.json(), "line": line}
        for who in (provider, head):
            made = {**made, **(await step(self.client, who, made, "signature")).json()}
        self.term = made

    async def publish(self) -> None:
        await self._end(self.term, "publication", None)

    async def complete(self, made: dict[str, Any]) -> None:
        people = (self.people[name] for name in ("head", "clerk", "provider"))
        await completed(self.client, *people, made)

    async def break_off(self, made: dict[str, Any]) -> None:
        await self._end(made, "termination", GONE)

    async def _end(self, made: dict[str, Any], what: str, body: Any) -> None:
        answer = await act(self.client, self.people["head"], made, what, body)
        assert answer.status_code == 200, answer.text

    async def told(self) -> tuple[Any, ...]:
        found = await outcome(self.client, self.item)
        return tuple(found[name] for name in TOLD)


@pytest.fixture
async def renewed(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> Renewed:
    made = Renewed(client, sessions, head=head, clerk=clerk, provider=provider)
    await made.begin()
    return made


async def test_a_renewal_after_completion_takes_back_nothing(renewed: Renewed) -> None:
    """Neither published, nor completed, nor broken off; and its money is not the residents'."""
    await renewed.complete(renewed.first)
    delivered = await renewed.told()
    await renewed.publish()
    published = await renewed.told()
    await renewed.break_off(renewed.term)

    stage, contract, *money, _ = delivered
    assert (stage, contract, *money) == ("delivered", renewed.first["id"], *[VALUE] * 3)
    assert delivered == published == await renewed.told()


async def test_a_renewal_that_is_published_before_delivers_nothing_by_itself(
    renewed: Renewed,
) -> None:
    await renewed.publish()
    running = await renewed.told()
    await renewed.break_off(renewed.term)
    left = await renewed.told()
    await renewed.complete(renewed.first)
    done = await renewed.told()

    assert running[:3] == ("contracted", renewed.first["id"], VALUE)
    assert left == running  # the first contract goes on
    assert done[:3] == ("delivered", renewed.first["id"], VALUE)


async def test_a_renewal_goes_on_with_what_was_broken_off_and_delivers_it(
    renewed: Renewed,
) -> None:
    await renewed.publish()
    await renewed.break_off(renewed.first)
    goes_on = await renewed.told()
    await renewed.complete(renewed.term)
    done = await renewed.told()

    assert goes_on[:4] == ("contracted", renewed.term["id"], None, 0)
    assert (done[0], done[4]) == ("delivered", 0)  # of what residents decided about, nothing


async def test_an_item_is_free_once_nobody_goes_on_with_it(renewed: Renewed) -> None:
    await renewed.publish()
    await renewed.break_off(renewed.first)
    await renewed.break_off(renewed.term)

    assert (await renewed.told())[:3] == ("received", None, None)


async def test_what_was_paid_is_told_on_where_an_item_is_bought_anew(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    item, people = uuid4(), (client, head, provider, sessions)
    first = await of_residents(*people, item)
    await accepted(client, head, provider, first, 1)
    await paid(client, clerk, head, first, VALUE // 2, 1)
    assert (await act(client, head, first, "termination", GONE)).status_code == 200
    ended = await outcome(client, item)
    await of_residents(*people, item)
    anew = await outcome(client, item)

    assert (ended["stage"], ended["paid_fen"]) == ("received", VALUE // 2)
    assert (anew["contracted_fen"], anew["paid_fen"]) == (VALUE, VALUE // 2)


async def test_what_is_told_to_stop_has_not_stopped(renewed: Renewed) -> None:
    """A discontinuation tells the reason of an end that is still to come."""
    async with renewed.sessions.begin() as session:
        row = await session.get_one(tables.Contract, UUID(renewed.first["id"]))
        row.termination_reason = DONE["reason"]
        await session.flush()
        await agenda.review(session, renewed.item, row.tender_id, now=row.updated_at)

    assert (await renewed.told())[0] == "contracted"


async def test_a_supplier_whose_purchase_is_opened_again_takes_back_nothing(
    renewed: Renewed,
) -> None:
    await renewed.complete(renewed.first)
    before = await renewed.told()
    async with renewed.sessions.begin() as session:
        row = await session.get_one(tables.Contract, UUID(renewed.first["id"]))
        row.termination_reason = "revoked"
        await session.flush()
        await agenda.review(session, renewed.item, row.tender_id, now=row.updated_at)

    assert (await renewed.told())[0] == before[0] == "delivered"

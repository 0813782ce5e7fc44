"""Money that comes back late, is booked ahead, or is told of the wrong concession."""

from collections.abc import Callable
from typing import Any

import httpx

from common.auth.roles import Role
from tests.registry.inventory import patched, pointers, slug, street, venue
from tests.registry.money import GRANT, MONEY, balances, book, fund, grant
from tests.registry.rooms import day_after
from tests.registry.service.test_concessions import draft, report
from tests.registry.service.test_concessions import step as moved
from tests.registry.small_city import key

Header = dict[str, str]


async def paid(client: httpx.AsyncClient, head: Header) -> tuple[dict[str, Any], dict[str, Any]]:
    """A fund that is paid out to one body, and the address of its grant."""
    body = await street(client, head)
    money = await fund(client, head, holder_id=body["id"], amount_fen=1_000)
    given = await grant(client, head, money, recipient_id=body["id"], amount_fen=1_000)
    there = {"id": f"{money['id']}/grants/{given['id']}"}
    assert (await book(client, head, there, "payments", 1_000)).status_code == 201
    return money, there


async def test_what_comes_back_to_a_closed_fund_goes_on_to_its_source(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    money, there = await paid(small_city, head)
    version = {"If-Match": f'"v{money["version"]}"'}
    closing = f"/v1/funds/{money['id']}/closing"
    closed = await small_city.post(closing, headers={**head, **key(), **version})
    back = await book(small_city, head, there, "refunds", 400)
    more = await book(small_city, head, there, "refunds", 601)
    again = await book(small_city, head, there, "payments", 1)
    lines = (await small_city.get(f"/v1/funds/{money['id']}/entries", headers=head)).json()

    assert closed.json()["status"] == "closed"
    assert (back.status_code, back.json()["kind"]) == (201, "refund")
    assert await balances(small_city, head, money) == (600, 0, 0, 600)
    assert [each["kind"] for each in lines["items"]][-2:] == ["refund", "return"]
    assert [slug(more), slug(again)] == ["fund-overdrawn", "fund-closed"]


async def test_nothing_is_booked_before_it_has_moved(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    money, _ = await paid(small_city, head)
    ahead = {**MONEY, "amount_fen": 1, "booked_on": str(day_after(2))}
    header = {**head, **key()}
    answer = await small_city.post(f"/v1/funds/{money['id']}/returns", json=ahead, headers=header)

    assert (answer.status_code, slug(answer)) == (422, "wrong-entry")
    assert pointers(answer) == ["/booked_on"]


async def test_a_subsidy_names_the_concession_of_its_own_venue_and_operator(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    theirs = await draft(small_city, head)
    body, there = await street(small_city, head, name="别处"), await venue(small_city, head)
    money = await fund(small_city, head, holder_id=body["id"])
    wish = {**GRANT, "concession_id": theirs["id"]}
    answers = [
        await small_city.post(
            f"/v1/funds/{money['id']}/grants",
            json={**wish, **to, "amount_fen": 10},
            headers={**head, **key()},
        )
        for to in (
            {"venue_id": there["id"]},
            {"recipient_id": body["id"]},
            {"venue_id": theirs["venue_id"], "recipient_id": theirs["operator_id"]},
        )
    ]

    assert [each.status_code for each in answers] == [422, 422, 201]
    assert [pointers(each) for each in answers[:2]] == [["/concession_id"], ["/concession_id"]]


async def test_few_visits_follow_from_no_two_answers(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    there = await venue(small_city, head, floor_area_m2=200)
    new = await draft(small_city, head, venue_id=there["id"])
    await moved(small_city, head, new, status="granted")
    for month, visits in (("2026-01-01", 100), ("2026-02-01", 3)):
        told = {"venue_id": there["id"], "concession_id": new["id"], "month": month}
        figures = {"visits": visits, "services": visits, "income_fen": 1_000 * visits}
        assert (await report(small_city, head, **told, **figures)).status_code == 201

    async def account(last: str) -> dict[str, Any]:
        address = f"/v1/concessions/{new['id']}/account"
        answer = await small_city.get(address, params={"from": "2026-01-01", "to": last})
        found: dict[str, Any] = answer.json()
        return found

    whole, first = await account("2026-02-01"), await account("2026-01-01")

    assert (first["visits"], first["average_price_fen"]) == (100, 1_000)
    assert (whole["visits"], whole["average_price_fen"], whole["saved_fen"]) == (None, None, None)


async def test_a_concession_follows_its_venue_to_another_street(
    small_city: httpx.AsyncClient, head: Header, city: Header, bearer: Callable[..., Header]
) -> None:
    there = await venue(small_city, head, floor_area_m2=200)
    new = await draft(small_city, head, venue_id=there["id"])
    await patched(small_city, city, "/v1/venues", there, {"area_code": "310105001001"})
    left = await moved(small_city, head, {**new, "version": 2}, status="granted")
    theirs = bearer(Role.STREET_HEAD, area="310105001", line="*")
    granted = await moved(small_city, theirs, {**new, "version": 2}, status="granted")

    assert (left.status_code, slug(left)) == (403, "out-of-area")
    assert (granted.status_code, granted.json()["area_code"]) == (200, "310105001001")

"""Published programmes are told with the organisation that runs them, as HSDS has them."""

import httpx

from tests.registry.inventory import street
from tests.registry.money import PROGRAMME
from tests.registry.small_city import key

Header = dict[str, str]


async def test_an_organization_tells_its_published_programs_and_no_drafts(
    small_city: httpx.AsyncClient, city: Header
) -> None:
    body = await street(small_city, city)
    for title, is_published in (("已公布", True), ("拟订", False)):
        new = await small_city.post(
            "/v1/programmes",
            json={**PROGRAMME, "title": title, "department_id": body["id"]},
            headers={**city, **key()},
        )
        if is_published:
            await small_city.post(
                f"/v1/programmes/{new.json()['id']}/status",
                json={"status": "published"},
                headers={**city, **key(), "If-Match": new.headers["etag"]},
            )
    told = (await small_city.get(f"/hsds/organizations/{body['id']}")).json()

    (program,) = told["programs"]
    assert program["organization_id"] == body["id"]
    assert (program["name"], program["description"]) == ("已公布", PROGRAMME["purpose"])

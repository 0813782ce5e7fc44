"""The catalogue lists every kind that a service publishes, and explains every item."""

from importlib import import_module

import pytest

from common.catalogue.entries import NotDescribedError, code_of, entry_of, item_of, listed
from common.contracts.feeds import STATES, Kind
from common.contracts.vocabulary import Service
from deploy.local.environment import SERVICES
from tests.harness import Apps


@pytest.mark.parametrize("name", SERVICES)
def test_every_kind_that_a_service_publishes_is_in_the_catalogue(name: str) -> None:
    published = {kind.name for kind in import_module(f"{name}.main").SERVICE.kinds}
    entries = {str(kind) for kind in listed(Service(name))}

    assert published == entries


@pytest.mark.parametrize("kind", listed())
def test_every_item_of_a_kind_is_described(kind: Kind) -> None:
    items = entry_of(kind, "http://service.test").items

    assert [item.name for item in items] == list(STATES[kind].model_fields)
    assert all(item.title.strip() for item in items)


def test_an_item_that_nobody_described_is_refused() -> None:
    field = STATES[Kind.AREA].model_fields["id"]

    with pytest.raises(NotDescribedError, match=r"area\.mystery"):
        item_of(Kind.AREA, "mystery", field)


def test_codes_are_not_given_twice() -> None:
    codes = [code_of(kind) for kind in listed()]

    assert len(set(codes)) == len(codes)


async def test_the_catalogue_is_listed_told_one_by_one_and_downloaded(apps: Apps) -> None:
    async with apps.client("registry") as client:
        entries = (await client.get("/v1/catalogue")).json()
        one = await client.get(f"/v1/catalogue/{entries[0]['code']}")
        csv = await client.get("/v1/catalogue", params={"format": "csv"})
        book = await client.get("/v1/catalogue", params={"format": "xlsx"})
        missing = await client.get("/v1/catalogue/999")

    assert [entry["kind"] for entry in entries] == [str(kind) for kind in listed()]
    assert one.json() == entries[0]
    assert csv.content.count(b"\r\n") == 1 + sum(len(entry["items"]) for entry in entries)
    assert book.content[:2] == b"PK"
    assert missing.status_code == 404

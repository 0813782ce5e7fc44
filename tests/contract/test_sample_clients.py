"""The sample clients sign as the published vectors say, in each language that is here."""

import pytest

from tests.portal_clients import ALL, VECTORS, Client


@pytest.mark.parametrize("client", ALL, ids=lambda client: client.name)
async def test_the_published_vectors_hold_for_a_sample_client(client: Client) -> None:
    if not client.command:
        pytest.skip(f"no means to run {client.name} on this machine")

    assert await client.run("vectors", str(VECTORS)) == (0, "5 of 5 vectors hold\n")

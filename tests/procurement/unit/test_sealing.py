"""The seal: published vectors, and no second way to open."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.procurement_bids import SealAlgorithm
from common.crypto.digest import sm3
from procurement.domain import sealing
from tests.procurement.tendering import client_module, seal

VECTORS = json.loads((Path(__file__).parents[3] / "docs/sealed-bid-vectors.json").read_text())
TENDER, BIDDER = UUID(VECTORS[0]["tender"]), UUID(VECTORS[0]["bidder"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["algorithm"])
def test_the_published_vectors_are_what_the_service_checks(vector) -> None:
    algorithm = SealAlgorithm(vector["algorithm"])
    bound_to = sealing.context(TENDER, BIDDER, vector["stage"], algorithm)
    key, ciphertext = bytes.fromhex(vector["key"]), sealing.raw(vector["ciphertext"], field="c")
    digest = sm3(ciphertext)

    assert digest.hex() == vector["ciphertext_digest"]
    assert sealing.commitment(key, bound_to, digest).hex() == vector["key_commitment"]
    content = sealing.opened(key, ciphertext, bound_to, algorithm)
    assert content.model_dump(mode="json") == {
        "price_fen": 48_000_000,
        "measures": {"2": 6.0},
        "is_small_firm": True,
        "is_medium_firm": False,
        "small_firm_share": "0",
        "medium_firm_share": "0",
        "statement": "",
        "attachments": [],
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each["algorithm"])
def test_the_reference_client_makes_the_published_vectors(vector) -> None:
    made = seal(
        *(vector["tender"], vector["bidder"], vector["plain"].encode()),
        stage=vector["stage"],
        algorithm=vector["algorithm"],
        key=bytes.fromhex(vector["key"]),
        iv=bytes.fromhex(vector["iv"]),
    )

    assert vars(made) == {name: vector[name] for name in vars(made)}


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.sampled_from(list(SealAlgorithm)), st.data())
def test_no_other_key_ciphertext_bidder_or_stage_matches(key, algorithm, data) -> None:
    sealed = seal(str(TENDER), str(BIDDER), b'{"price_fen": 7}', algorithm=algorithm, key=key)
    ciphertext = sealing.raw(sealed.ciphertext, field="c")
    digest, committed = (
        bytes.fromhex(sealed.ciphertext_digest),
        bytes.fromhex(sealed.key_commitment),
    )
    bound_to = sealing.context(TENDER, BIDDER, 1, algorithm)
    flipped = data.draw(st.integers(0, 31))
    other_key = bytes(b ^ (1 if n == flipped else 0) for n, b in enumerate(key))
    place = data.draw(st.integers(0, len(ciphertext) - 1))
    other_text = bytes(b ^ (1 if n == place else 0) for n, b in enumerate(ciphertext))

    assert sealing.matches(key, ciphertext, bound_to, digest, committed) is None
    assert sealing.matches(other_key, ciphertext, bound_to, digest, committed) is not None
    assert sealing.matches(key, other_text, bound_to, digest, committed) is not None
    for context in (
        sealing.context(TENDER, TENDER, 1, algorithm),
        sealing.context(BIDDER, BIDDER, 1, algorithm),
        sealing.context(TENDER, BIDDER, 2, algorithm),
    ):
        assert sealing.matches(key, ciphertext, context, digest, committed) is not None


def test_the_client_refuses_a_changed_bid() -> None:
    sealed = seal("t", "b", b"{}")
    with pytest.raises(ValueError, match="key"):
        client_module.unseal("t", "c", sealed)

import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.auth.client import SignedAuth
from common.auth.signing import (
    Call,
    SignMethod,
    Stamp,
    canonical,
    canonical_path,
    canonical_query,
    read_headers,
    signature,
    signed_headers,
)

DOCS = Path(__file__).parents[3] / "docs"
VECTORS = json.loads((DOCS / "signing-vectors.json").read_text(encoding="utf-8"))
HOOKS = json.loads((DOCS / "webhook-vectors.json").read_text(encoding="utf-8"))
SIGNED = [vector for vector in HOOKS if vector["verdict"] in {"genuine", "forged"}]
SECRET = b"0f" * 32
STAMP = Stamp("portal-demo", 1767225600000, "n0nce-n0nce-n0nce", SignMethod.HMAC_SHA256)
words = st.text(st.characters(codec="utf-8"), max_size=12)
pairs = st.lists(st.tuples(words.filter(bool), words), max_size=6)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_published_vectors_hold(vector):
    call = Call(vector["verb"], vector["path"], vector["query"], vector["body"].encode())
    method = SignMethod(vector["method"])
    stamp = Stamp(vector["app_key"], vector["timestamp"], vector["nonce"], method)

    assert canonical(call, stamp).decode() == vector["canonical"]
    assert signature(call, stamp, vector["secret"].encode()) == vector["sign"]


@pytest.mark.parametrize("vector", SIGNED, ids=lambda v: v["name"])
def test_a_published_webhook_is_genuine_when_we_would_have_sent_it(vector):
    parts = urlsplit(vector["url"])
    call = Call("POST", parts.path or "/", parts.query, vector["body"].encode())
    at, method = int(vector["timestamp"]), SignMethod(vector["method"])
    stamp = Stamp(vector["hook"], at, vector["nonce"], method)
    sent = signed_headers(call, stamp, vector["secret"].encode())

    assert (sent["X-Sign"] == vector["sign"]) == (vector["verdict"] == "genuine")


def test_the_signature_is_what_any_other_language_computes():
    call = Call("POST", "/registry/v1/offerings", "b=2&a=1", b'{"name":"x"}')
    text = "\n".join(
        [
            "POST",
            "/registry/v1/offerings",
            "a=1&b=2",
            hashlib.sha256(call.body).hexdigest(),
            "portal-demo",
            "1767225600000",
            "n0nce-n0nce-n0nce",
        ]
    )

    expected = hmac.new(SECRET, text.encode(), "sha256").hexdigest()

    assert signature(call, STAMP, SECRET) == expected


@given(pairs, st.randoms())
def test_the_order_of_the_query_does_not_matter(query, random):
    shuffled = list(query)
    random.shuffle(shuffled)

    assert canonical_query(urlencode(query)) == canonical_query(urlencode(shuffled))


@given(pairs)
def test_clients_need_not_agree_on_what_to_escape(query):
    plus = urlencode(query)
    percent = urlencode(query, quote_via=quote)
    everything = "&".join(f"{escaped(name)}={escaped(value)}" for name, value in query)

    assert canonical_query(plus) == canonical_query(percent) == canonical_query(everything)


@given(pairs, pairs)
def test_queries_that_mean_different_things_have_different_texts(one, other):
    same = canonical_query(urlencode(one)) == canonical_query(urlencode(other))

    assert same == (sorted(one) == sorted(other))


@given(pairs)
def test_the_canonical_query_still_says_what_was_asked(query):
    text = canonical_query(urlencode(query))

    assert sorted(parse_qsl(text, keep_blank_values=True)) == sorted(query)
    assert canonical_query(text) == text


@given(st.lists(words, min_size=1, max_size=5))
def test_a_slash_inside_a_segment_is_not_a_slash_between_segments(segments):
    path = "/" + "/".join(quote(part, safe="") for part in segments)

    assert canonical_path(path) == path
    assert canonical_path("/a%2Fb") != canonical_path("/a/b")


@given(st.binary(max_size=40), st.integers(0, 400))
def test_any_change_of_the_body_changes_the_signature(body, where):
    changed = bytearray(body or b"x")
    changed[where % len(changed)] ^= 1

    for method in SignMethod:
        stamp = Stamp("portal-demo", 1767225600000, "n0nce-n0nce-n0nce", method)
        signs = {
            signature(Call("POST", "/x", "", content), stamp, SECRET)
            for content in (body or b"x", bytes(changed))
        }
        assert len(signs) == 2


def test_headers_are_read_as_they_were_written():
    headers = signed_headers(Call("GET", "/x", "", b""), STAMP, SECRET)

    assert read_headers(headers) == (STAMP, headers["X-Sign"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-App-Key", "a b"),
        ("X-App-Key", "a\nb"),
        ("X-App-Key", ""),
        ("X-Timestamp", "1767225600"),
        ("X-Timestamp", "１７６７２２５６００００"),
        ("X-Timestamp", "-767225600000"),
        ("X-Nonce", "short"),
        ("X-Nonce", "n" * 65),
        ("X-Nonce", "n0nce-n0nce\nn0nce"),
        ("X-Sign-Method", "HMAC-MD5"),
        ("X-Sign-Method", "none"),
        ("X-Sign", "0" * 63),
        ("X-Sign", ""),
    ],
)
def test_a_malformed_header_is_no_signature(name, value):
    headers = signed_headers(Call("GET", "/x", "", b""), STAMP, SECRET)

    assert read_headers({**headers, name: value}) is None
    assert read_headers({n: v for n, v in headers.items() if n != name}) is None


@pytest.mark.parametrize("method", list(SignMethod))
def test_the_client_signs_exactly_what_it_sends(method):
    def answer(request: httpx.Request) -> httpx.Response:
        stamp, sign = read_headers(request.headers)
        path, _, query = request.url.raw_path.decode().partition("?")
        call = Call(request.method, path, query, request.content)
        return httpx.Response(200 if signature(call, stamp, SECRET) == sign else 401)

    auth = SignedAuth("portal-demo", SECRET.decode(), method)
    with httpx.Client(auth=auth, transport=httpx.MockTransport(answer)) as client:
        asked = client.post(
            "https://linli.example/registry/v1/x", params={"q": "助餐 点", "a": ""}, json={"名": 1}
        )

    assert asked.status_code == 200


def escaped(word: str) -> str:
    return "".join(f"%{byte:02x}" for byte in word.encode())

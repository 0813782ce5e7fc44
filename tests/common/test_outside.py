"""Where we call out to, and where nobody can make us call."""

import asyncio
import os
import ssl
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.clients.outside import (
    AddressNotPublic,
    OutsideError,
    Reach,
    Resolve,
    checked_address,
    post,
)
from common.clock import utc_now

BODY = b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example/in",
        "ftp://portal.example/in",
        "https://",
        "https:///in",
        "https://user@portal.example/in",
        "https://user:word@portal.example/in",
        "https://portal.example/in#there",
        "https://portal.example\\@10.0.0.1/in",
        "https://portal.example/i n",
        "https://portal.example:99999/",
        "https://127.0.0.1/in",
        "https://localhost/in",
        "https://10.1.2.3/in",
        "https://172.16.0.1/in",
        "https://192.168.0.1/in",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/in",
        "https://0.0.0.0/in",
        "https://224.0.0.1/in",
        "https://[::1]/in",
        "https://[fd00::1]/in",
        "https://[fe80::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "https://[64:ff9b::a00:1]/in",
        "https://[2002:a00:1::]/in",
    ],
)
def test_an_address_that_is_not_of_the_open_internet_is_refused(url: str) -> None:
    with pytest.raises(AddressNotPublic):
        checked_address(url, Reach())


@pytest.mark.parametrize("url", ["https://portal.example/in?a=1", "https://93.184.216.34:8443/"])
def test_an_address_of_the_open_internet_is_taken(url: str) -> None:
    assert checked_address(url, Reach()) == url


def test_this_machine_is_for_development_alone() -> None:
    here = "http://127.0.0.1:9000/in"

    assert checked_address(here, Reach(is_development=True)) == here
    with pytest.raises(AddressNotPublic):
        checked_address("http://10.0.0.1/in", Reach(is_development=True))


def leading_to(*addresses: str) -> Resolve:
    async def found(_: str, __: int) -> tuple[str, ...]:
        return addresses

    return found


OPEN = leading_to("93.184.216.34")


def answering(seen: list[httpx.Request], status: int, **headers: str) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, headers=headers)

    return httpx.MockTransport(answer)


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    seen: list[httpx.Request] = []
    status = await post(
        "https://portal.example/in?a=1",
        BODY,
        {"X-Sign": "s"},
        transport=answering(seen, 200),
        resolve=OPEN,
    )

    (request,) = seen
    assert status == 200
    assert (request.url.host, request.headers["host"]) == ("93.184.216.34", "portal.example")
    assert request.extensions["sni_hostname"] == "portal.example"
    assert (request.url.raw_path, request.content) == (b"/in?a=1", BODY)


@pytest.mark.parametrize("addresses", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ()])
async def test_a_name_that_leads_inside_is_not_called(addresses: tuple[str, ...]) -> None:
    seen: list[httpx.Request] = []

    with pytest.raises(OutsideError, match="address not public"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=answering(seen, 200),
            resolve=leading_to(*addresses),
        )
    assert seen == []


# Wide enough to hold nearly everything; what a machine tells itself stays out of it all the same.
CITY = Reach([ip_network(each) for each in ("0.0.0.0/0", "::/0")])
TEN = Reach([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


@pytest.mark.parametrize(
    "url", ["https://10.1.2.3/in", "https://[fd00::1]/in", "https://[::ffff:10.0.0.1]/in"]
)
def test_a_network_that_the_operator_names_may_be_called(url: str) -> None:
    assert checked_address(url, TEN) == url


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "169.254.169.254", "100.100.100.200", "168.63.129.16", "[::]"),
        *("[::1]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]", "[64:ff9b::a9fe:a9fe]"),
    ],
)
async def test_neither_this_machine_nor_a_clouds_secrets_however_wide_a_network_is(
    host: str,
) -> None:
    with pytest.raises(AddressNotPublic):
        checked_address(f"https://{host}/in", CITY)
    with pytest.raises(OutsideError, match="address not public"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            reach=CITY,
            transport=answering([], 200),
            resolve=leading_to(host.strip("[]")),
        )


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.1"])
async def test_a_name_within_the_operators_networks_is_called_and_no_other(address: str) -> None:
    seen: list[httpx.Request] = []
    asked = post(
        "https://portal.example/in",
        BODY,
        {},
        reach=TEN,
        transport=answering(seen, 200),
        resolve=leading_to(address),
    )

    if address.startswith("10."):
        assert await asked == 200
        return
    with pytest.raises(OutsideError, match="address not public"):
        await asked
    assert seen == []


async def test_a_redirect_is_not_followed() -> None:
    seen: list[httpx.Request] = []
    away = answering(seen, 307, Location="http://169.254.169.254/")

    assert await post("https://portal.example/in", BODY, {}, transport=away, resolve=OPEN) == 307
    assert len(seen) == 1


async def test_who_does_not_answer_is_named_by_the_fault_alone() -> None:

    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("took too long at 93.184.216.34", request=request)

    with pytest.raises(OutsideError, match=r"^ConnectTimeout$"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=httpx.MockTransport(silent),
            resolve=OPEN,
        )


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example"])
async def test_a_name_that_no_host_can_have_is_a_fault_like_others(host: str) -> None:
    with pytest.raises(OutsideError, match=r"^UnicodeError$"):
        await post(f"https://{host}/in", BODY, {})


async def test_who_never_ends_is_left() -> None:
    async def endless(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200)

    with pytest.raises(OutsideError, match=r"^TimeoutError$"):
        await post(
            "https://portal.example/in",
            BODY,
            {},
            transport=httpx.MockTransport(endless),
            resolve=OPEN,
            longest_s=0.05,
        )


CALL = (
    "import asyncio, sys; from common.clients.outside import *;"
    " print(asyncio.run(post(sys.argv[1], b'{}', {}, reach=Reach(is_development=True))))"
)


async def test_where_addresses_are_not_public_the_installations_own_authorities_hold(
    tmp_path: Path,
) -> None:
    certificate, key = own_authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 Taken\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def called(**told: str) -> bytes:  # the authorities are read once in a process
        program = (sys.executable, "-c", CALL, f"https://localhost:{port}/in")
        pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.PIPE}
        bare = {name: value for name, value in os.environ.items() if not name.startswith("SSL_")}
        process = await asyncio.create_subprocess_exec(*program, env=bare | told, **pipes)
        return b"".join(await process.communicate())

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        trusting, doubting = await called(SSL_CERT_FILE=str(certificate)), await called()

    assert trusting == b"204\n"
    assert b"OutsideError: ConnectError" in doubting


def own_authority(directory: Path) -> tuple[Path, Path]:
    """A certificate for this machine that nobody but its maker has heard of, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), "localhost"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    files = directory / "own.crt", directory / "own.key"
    files[0].write_bytes(made.public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return files

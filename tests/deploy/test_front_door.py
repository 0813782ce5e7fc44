"""The front doors of a site, as they are shipped: nginx and Caddy, tried where they are installed.

Only addresses, certificates and one rate are put in the place of the site's own.
"""

import asyncio
import json
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from deploy.local.environment import SERVICES
from tests.portal_clients import free_port

DEPLOY = Path("deploy")
NGINX = DEPLOY / "nginx" / "linli.conf"
CADDY = DEPLOY / "Caddyfile"
BUSY = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy"

Door = tuple[list[str], str]


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    return found or pytest.skip(f"{name} is not installed here: its configuration is not tried")


def nginx(tmp_path: Path, copies: list[int]) -> Door:
    """nginx as a program, and where it listens. This one may be older than `resolve`."""
    made = [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t"]
    files = ["-keyout", str(tmp_path / "tls.key"), "-out", str(tmp_path / "tls.crt")]
    subprocess.run([*made, *files], check=True, capture_output=True)
    text = NGINX.read_text().replace("/etc/nginx/tls", str(tmp_path)).replace("100r/s", "1r/m")
    text = re.sub(r"^resolver .*$", "", text, flags=re.M)
    servers = "".join(f"    server 127.0.0.1:{port};\n" for port in copies)
    text = re.sub(r"^    server \w+\.linli\S+ resolve .*\n", servers, text, flags=re.M)
    port = free_port()
    text = text.replace("listen 8443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 8080", f"listen 127.0.0.1:{free_port()}")
    (tmp_path / "linli.conf").write_text(text)
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{name}_temp_path {tmp_path}/{name};\n" for name in kept)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\ndaemon off;\n"
        f"http {{\n{places}include {tmp_path}/linli.conf;\n}}\n"
    )
    command = [program("nginx"), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")]
    return command, f"https://127.0.0.1:{port}"


def caddy(tmp_path: Path, copies: list[int]) -> Door:
    """Caddy as a program, and where it listens."""
    port = free_port()
    servers = " ".join(f"127.0.0.1:{copy}" for copy in copies)
    text = re.sub(r"\w+:8000", servers, CADDY.read_text()).replace(":8000 {", f":{port} {{")
    (tmp_path / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    command = [program("caddy"), "run", "--config", str(tmp_path / "Caddyfile")]
    return command, f"http://127.0.0.1:{port}"


@pytest.fixture
async def service() -> AsyncIterator[int]:
    """The port of a service that tells what it was sent; it is busy where it is asked to be."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):  # the door hangs up
            while head := await reader.readuntil(b"\r\n\r\n"):
                told = json.dumps(head.decode().splitlines()).encode()
                ok = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told)
                writer.write(BUSY if b"GET /busy " in head else ok)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., object]]:
    """Opens a door to the copies of a service that are named by their ports."""
    running: list[asyncio.subprocess.Process] = []
    clients: list[httpx.AsyncClient] = []

    async def opened(door: Callable[[Path, list[int]], Door], *copies: int) -> httpx.AsyncClient:
        command, address = door(tmp_path, [*copies])
        quiet = asyncio.subprocess.DEVNULL
        home = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        process = await asyncio.create_subprocess_exec(
            *command, stdout=quiet, stderr=quiet, env=home
        )
        running.append(process)
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        client = httpx.AsyncClient(base_url=address, verify=trusting, trust_env=False)
        clients.append(client)
        for _ in range(200):
            if process.returncode is None and await _answers(client):
                return client
            await asyncio.sleep(0.05)
        raise AssertionError(f"{command[0]} does not open")

    yield opened
    for client in clients:
        await client.aclose()
    for process in running:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/")).status_code == 404
    except httpx.TransportError:
        return False


DOORS = pytest.mark.parametrize("door", [nginx, caddy], ids=["nginx", "caddy"])


@DOORS
async def test_a_service_that_does_not_answer_is_told_in_the_promised_words(opened, door):
    client = await opened(door, free_port())
    for name in (*SERVICES, "login"):
        answer = await client.get(f"/{name}/v1/anything")

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert (told["type"], told["status"], told["errors"]) == ("unavailable", 503, [])
        assert told["instance"]


@DOORS
async def test_what_a_service_says_itself_passes_as_it_is(opened, door, service):
    client = await opened(door, service)
    busy = await client.get("/registry/busy")
    well = await client.get("/registry/v1/areas?q=1", headers={"X-Forwarded-For": "192.0.2.1"})
    request, *headers = well.json()
    told = {name.lower(): value for name, _, value in (line.partition(": ") for line in headers)}

    assert (busy.status_code, busy.text, busy.headers["retry-after"]) == (503, "busy", "7")
    assert request == "GET /v1/areas?q=1 HTTP/1.1"
    assert told["x-forwarded-for"] == "127.0.0.1"  # and not what a caller wrote
    assert told["x-forwarded-prefix"] == "/registry"


@DOORS
async def test_figures_stay_inside(opened, door, service):
    client = await opened(door, service)
    for name in SERVICES:
        assert (await client.get(f"/{name}/metrics")).status_code == 404
    assert (await client.get("/registry/v1/metrics-of-something")).status_code == 200


async def test_nginx_asks_another_copy_when_one_is_gone(opened, service):
    client = await opened(nginx, free_port(), service)
    answers = [await client.post("/feedback/v1/cases") for _ in range(6)]

    assert {answer.status_code for answer in answers} == {200}


async def test_one_callers_503_from_nginx_shuts_the_service_for_nobody(opened, service):
    client = await opened(nginx, service, service)  # two copies, as far as nginx knows
    busy = [await client.get("/matching/busy") for _ in range(4)]
    others = [await client.get("/matching/v1/offerings") for _ in range(6)]

    assert {answer.status_code for answer in busy} == {503}
    assert {answer.status_code for answer in others} == {200}


async def test_nginx_sends_a_call_whose_nonce_is_spent_to_no_other_copy(opened, service):
    asked: list[bytes] = []

    async def fall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    signed = {"X-App-Key": "portal"}
    async with await asyncio.start_server(fall, "127.0.0.1", 0) as fallen:
        client = await opened(nginx, fallen.sockets[0].getsockname()[1], service)
        path = "/registry/v1/%E9%95%BF%20a?q=%2F&x=1"
        answers = [await client.get(path, headers=signed) for _ in range(6)]
        others = [await client.get("/registry/v1/x") for _ in range(6)]
    reached = [answer for answer in answers if answer.status_code == 200]

    assert [answer.status_code for answer in answers].count(503) == len(asked) >= 1
    assert {answer.json()[0] for answer in reached} == {"GET /v1/%E9%95%BF%20a?q=%2F&x=1 HTTP/1.1"}
    assert {answer.status_code for answer in others} == {200}
    assert (await client.get("/registry/metrics", headers=signed)).status_code == 404


async def test_nginx_lets_a_portal_through_and_tells_a_hasty_caller_when_to_come_again(
    opened, service
):
    client = await opened(nginx, service)
    signed = [await client.get("/registry/x", headers={"X-App-Key": "p"}) for _ in range(250)]
    unsigned = [await client.get("/registry/x") for _ in range(250)]
    refused = unsigned[-1]

    assert {answer.status_code for answer in signed} == {200}
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["type"] == "too-many-requests"


def test_caddy_shuts_the_figures_before_it_hands_anything_on() -> None:
    """Outside `route` Caddy sorts by directive, and `respond` comes after every `handle_path`."""
    text = CADDY.read_text()
    route = text[text.index("\troute {") : text.index("\n\t}\n", text.index("\troute {"))]
    blocks = re.findall(r"^\t\t(handle\S*) (\S+) \{", route, re.M)

    assert blocks[0] == ("handle", "@metrics")
    assert {path for _, path in blocks[1:]} == {f"/{name}/*" for name in (*SERVICES, "login")}
    assert "@metrics path */metrics\n" in route
    assert "handle_path" not in text.replace(route, "")

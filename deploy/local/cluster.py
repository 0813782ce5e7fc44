"""The files of a PostgreSQL cluster and the processes that work on them: made once, left clean.

Everything here is called by the holder of the data directory's lock.
"""

import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from deploy.local.account import Account, lasting_place, remove, temporary_place
from deploy.local.binaries import major_of

SUPERUSER = "postgres"
BUILTIN_LOCALE_SINCE = 17
BUILTIN_LOCALE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
STOP_TIMEOUT_S = 30.0


class PostgresDidNotStartError(RuntimeError):
    """The server ended or kept silent; the message holds the end of its log."""


def make_cluster(
    data_dir: Path, account: Account, programs: Path, password: str, *, durable: bool
) -> None:
    """Make `data_dir`/postgres, beside its place first: a broken start leaves no half of it.

    Where root's data directory is closed to the server's account (a home of mode 700), the files
    go to a place of the system and `postgres` becomes a link to them.
    """
    link = data_dir / "postgres"
    remove(link)
    home = _home(data_dir, account)
    draft = _own_directory(home / "initdb", account)
    _initdb(draft, account, programs, password, durable=durable)
    target = home / "postgres"
    draft.rename(target)
    if target != link:
        link.symlink_to(target)


def _home(data_dir: Path, account: Account) -> Path:
    probe = _own_directory(data_dir / "initdb", account)
    reachable = account.can("w", probe)
    remove(probe)
    if reachable:
        return data_dir
    home = lasting_place(account) / f"data-{secrets.token_hex(6)}"
    home.mkdir(mode=0o755)
    return home


def _own_directory(path: Path, account: Account) -> Path:
    remove(path)
    path.mkdir(mode=0o700)
    return account.give(path)


def _initdb(
    target: Path, account: Account, programs: Path, password: str, *, durable: bool
) -> None:
    with tempfile.TemporaryDirectory(dir=temporary_place(account)) as private:
        word = account.give(Path(private)) / "word"
        word.write_text(password)
        account.give(word, 0o600)
        made = account.run(
            *(programs / "initdb", "-D", target, "-U", SUPERUSER, "-E", "UTF8", "--pwfile", word),
            *("-A", "scram-sha-256", *_locale(programs, account)),
            *("--no-instructions", *([] if durable else ["--no-sync"])),
        )
    if made.returncode != 0:
        raise PostgresDidNotStartError(f"initdb: {made.stderr.strip()}")


def _locale(programs: Path, account: Account) -> tuple[str, ...]:
    """Order by code point, letters of Unicode: from PostgreSQL itself, or else from the system."""
    has_own = major_of(programs, account) >= BUILTIN_LOCALE_SINCE
    return BUILTIN_LOCALE if has_own else ("--locale=C.UTF-8",)


def end_leftovers(cluster: Path) -> None:
    """End what an unclean run left on the cluster, and the note it left.

    PostgreSQL itself refuses to start when the number in `postmaster.pid` belongs to any process
    of the same user, which after a restart of the machine may be a stranger.
    """
    leftovers = list(_processes_on(cluster))
    for sent in (signal.SIGINT, signal.SIGKILL):
        for process in leftovers:
            with suppress(psutil.Error):
                process.send_signal(sent)
        _, leftovers = psutil.wait_procs(leftovers, timeout=STOP_TIMEOUT_S)
    (cluster / "postmaster.pid").unlink(missing_ok=True)


def _processes_on(cluster: Path) -> Iterator[psutil.Process]:
    """A server and all its children have the cluster as their working directory."""
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(cluster):
            yield process


def end_server(server: subprocess.Popen[bytes]) -> None:
    """SIGINT is PostgreSQL's fast, orderly end; SIGQUIT its quick one; SIGKILL leaves recovery."""
    for sent in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(sent)
            with suppress(subprocess.TimeoutExpired):
                server.wait(STOP_TIMEOUT_S)


def remove_data(data_dir: Path) -> None:
    """Delete a data directory, with the cluster that may live elsewhere."""
    link = data_dir / "postgres"
    if link.is_symlink():
        remove(link.resolve().parent)
    shutil.rmtree(data_dir, ignore_errors=True)

"""Whom the database server runs as: PostgreSQL refuses root, so root lends it an ordinary account.

Also the question that follows: which directories that account can reach.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local import launch

ROOM_IN_MEMORY = 4 * 2**30  # for the servers of a few processes, each with its log of 256 MB


@dataclass(frozen=True, slots=True)
class Account:
    """A user to run as; `uid` -1 means: the one who runs us."""

    uid: int = -1
    gid: int = -1

    @property
    def is_borrowed(self) -> bool:
        """Whether commands run as somebody else than us."""
        return self.uid >= 0

    def command(self, *command: str | Path, death_signal: int = signal.SIGINT) -> list[str]:
        """The command line that runs `command` under this account and dies with this process."""
        shim = [sys.executable, "-I", "-S", launch.__file__]
        numbers = [os.getpid(), int(death_signal), self.uid, self.gid]
        return [*shim, *map(str, numbers), *map(str, command)]

    def run(
        self, *command: str | Path, env: dict[str, str] | None = None, text: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end; the answer carries exit status and both outputs."""
        return subprocess.run(  # noqa: S603 - no shell, commands are ours
            self.command(*command),
            cwd="/",  # the current directory may be closed to the account
            env={**os.environ, **(env or {})},
            input=text,
            stdin=None if text is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def give(self, path: Path, mode: int = 0o700) -> Path:
        """Make `path` this account's own, with `mode`."""
        if self.is_borrowed:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)
        return path

    def can(self, right: str, path: Path) -> bool:
        """Whether the account may `r`ead, `w`rite or e`x`ecute, asked of the kernel itself."""
        return self.run("/bin/sh", "-c", f'test -{right} "$0"', path).returncode == 0


def server_account() -> Account:
    """Ourselves, or for root an unprivileged account that exists on every system."""
    if os.geteuid() != 0:
        return Account()
    for name in ("nobody", "postgres", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    # initdb wants an account that has a name.
    raise RuntimeError(
        "PostgreSQL does not run as root and this system has no account `nobody`; "
        "run as an ordinary user.  数据库不能以 root 运行，请换用普通用户。"
    )


def open_directories(account: Account, candidates: Sequence[Path]) -> list[Path]:
    """Those candidates under which the account can live."""
    return [place for place in candidates if place.is_dir() and account.can("x", place)]


def temporary_place(account: Account) -> Path:
    """A directory for short-lived things with a short name: a socket's path holds 107 bytes."""
    places = open_directories(account, [Path(tempfile.gettempdir()), Path("/tmp")])  # noqa: S108 - if open to it
    short = [place for place in places if len(os.fsencode(place)) <= 64]
    if not short:
        raise RuntimeError("no usable temporary directory; set TMPDIR to a short, open path")
    return short[0]


def fleeting_place(account: Account) -> Path:
    """A directory for what nobody misses afterwards: in memory where there is room, else on disk.

    Copying a database there is one third of the work.
    """
    for place in open_directories(account, [Path("/dev/shm")]):  # noqa: S108 - if open to it
        if os.access(place, os.W_OK) and shutil.disk_usage(place).free >= ROOM_IN_MEMORY:
            return place
    return temporary_place(account)


def lasting_place(account: Account) -> Path:
    """Where root keeps what the server's account must reach when the checkout is closed to it."""
    for parent in open_directories(account, [Path("/var/lib"), Path("/var/tmp")]):  # noqa: S108 - if open to it
        place = parent / "linli"
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if place.stat().st_uid == os.geteuid():
            return place
    raise RuntimeError("neither /var/lib nor /var/tmp can hold the local database")


def remove(path: Path) -> None:
    """Delete a directory; what a link points at goes too."""
    if path.is_symlink():
        shutil.rmtree(path.resolve(), ignore_errors=True)
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)

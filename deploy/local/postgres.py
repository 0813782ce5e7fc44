"""A real PostgreSQL for this machine, without installation: start, prepare, stop.

Works as root (the server then runs under an ordinary account) and as any user, from paths with
spaces, beside other copies, and after an unclean end. It listens on a private socket only.
Roles of each service: `<service>_owner` migrates, `<service>_app` serves, `<service>_audit` chains.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self
from urllib.parse import quote, urlencode

from deploy.local.account import Account, server_account, temporary_place
from deploy.local.binaries import major_of, postgres_binaries
from deploy.local.cluster import (
    SUPERUSER,
    PostgresDidNotStartError,
    end_leftovers,
    end_server,
    make_cluster,
)
from deploy.local.environment import Urls

SOCKET_NUMBER = 5432  # names the socket's file; nothing listens on TCP
START_TIMEOUT_S = 60.0

Role = Literal["owner", "app", "audit"]

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
# The passwords are 128 random bits; stretching guards weak ones.
SINCE = {16: {"scram_iterations": "1"}}
# A quarter of the memory is what PostgreSQL's own guide gives it; here others share the machine.
MEMORY_SHARE, MOST_MB = 8, 2048
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "256MB",  # it may lie in memory
}


def of_city(memory: int) -> dict[str, str]:
    """Settings for a city on a machine of so many bytes, as the operator's guide has them.

    Pages stay in memory, and each is written whole into the log once in a quarter of an hour rather
    than once in five minutes.
    """
    pages_mb = memory // MEMORY_SHARE // 2**20
    return {
        "shared_buffers": f"{min(max(pages_mb, 256), MOST_MB)}MB",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "15min",
    }


class DataDirectoryInUseError(RuntimeError):
    """Another run works on this data directory."""


class LocalPostgres:
    """One server on `data_dir`; `durable=False` trades safety at power loss for speed (tests).

    `more` are settings beside those of a developer's machine; `programs` those of another version.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        more: Mapping[str, str] | None = None,
        programs: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.settings = {**SETTINGS, **({} if durable else FAST), **(more or {})}
        self.account: Account = server_account()
        self.durable = durable
        self._server: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._secret = b""
        self._programs = programs or Path()
        self._sockets = Path()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def cluster(self) -> Path:
        """Where the files are; for root perhaps elsewhere, see `cluster.make_cluster`."""
        return (self.data_dir / "postgres").resolve()

    @property
    def log(self) -> Path:
        """The server's own words."""
        return self.data_dir / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The running server's number, or None."""
        running = self._server is not None and self._server.poll() is None
        return self._server.pid if self._server and running else None

    def start(self) -> Self:
        """Start the server on a cluster, made first if there is none; returns when it answers."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            if self._programs == Path():
                self._programs = postgres_binaries(self.account)
            self.settings = {**_known_to(major_of(self._programs, self.account)), **self.settings}
            self._secret = self._read_secret()
            self._sockets = self._socket_directory()
            if not (self.cluster / "PG_VERSION").exists():
                make_cluster(
                    self.data_dir,
                    self.account,
                    self._programs,
                    self._password(SUPERUSER),
                    durable=self.durable,
                )
            self.revive()
        except BaseException:
            self.stop()
            raise
        return self

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the data directory without a server, to delete it. Raises `DataDirectoryInUseError`.

        A server that outlived its runner is ended.
        """
        self._take_lock()
        try:
            self._sockets = self._socket_path()
            end_leftovers(self.cluster)
            yield
        finally:
            self.stop()

    def revive(self) -> None:
        """Start a server that has died; what was committed is there again."""
        end_leftovers(self.cluster)
        self._launch()

    def stop(self) -> None:
        """End the server: open transactions are rolled back, everything committed is kept."""
        if self._server is not None:
            end_server(self._server)
            self._server = None
        if self._sockets != Path():
            shutil.rmtree(self._sockets, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def url(self, database: str, role: Role | None = "app") -> str:
        """Address for SQLAlchemy and asyncpg; role None is the superuser.

        The roles belong to the service that `database` is named after (up to the first `__`, so
        that tests can have `registry__1`).
        """
        name = SUPERUSER if role is None else f"{database.split('__', maxsplit=1)[0]}_{role}"
        place = urlencode(
            {"host": str(self._sockets), "port": SOCKET_NUMBER}, quote_via=quote, safe="/"
        )
        return f"postgresql://{name}:{self._password(name)}@/{database}?{place}"

    def urls(self, database: str) -> Urls:
        """The addresses for the three roles of a service."""
        return Urls(*(self.url(database, role) for role in ("owner", "app", "audit")))

    def prepare(self, database: str) -> None:
        """Make a service's database and roles unless they are there. Rights: `_GRANTS`."""
        service = database.split("__", maxsplit=1)[0]
        if not re.fullmatch(r"[a-z][a-z0-9_]*", database):
            raise ValueError(f"not a name for a database: {database!r}")
        roles = {role: f"{service}_{role}" for role in ("owner", "app", "audit")}
        for name in roles.values():
            if not self.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):  # noqa: S608 - a name of ours
                self.sql(f"CREATE ROLE {name} LOGIN PASSWORD '{self._password(name)}'")
        if self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):  # noqa: S608 - a name of ours
            return
        self.sql(f"CREATE DATABASE {database} OWNER {roles['owner']}")
        self.sql(_GRANTS.format(database=database, **roles), database)

    def copy(self, template: str, database: str) -> None:
        """Make a database of the same service as `template`, with all that is in it."""
        owner = f"{template.split('__', maxsplit=1)[0]}_owner"
        self.sql(f"CREATE DATABASE {database} OWNER {owner} TEMPLATE {template} STRATEGY FILE_COPY")

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run statements as the superuser through `psql`; returns bare rows as text."""
        answer = subprocess.run(  # noqa: S603 - no shell, the program is ours
            [
                *(self._programs / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1"),
                *("-h", self._sockets, "-p", str(SOCKET_NUMBER), "-U", SUPERUSER, "-d", database),
            ],
            env={**os.environ, "PGPASSWORD": self._password(SUPERUSER)},
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise RuntimeError(answer.stderr.strip())
        return answer.stdout.strip()

    def _take_lock(self) -> None:
        self._lock = (self.data_dir / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise DataDirectoryInUseError(
                f"another run uses {self.data_dir}; stop it, or choose another place: "
                "make run DATA_DIR=… PORT=…  该数据目录正被另一个进程使用。"
            ) from None

    def _read_secret(self) -> bytes:
        path = self.data_dir / "postgres-secret"
        if not path.exists():
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32))
            draft.rename(path)
        return path.read_bytes()

    def _password(self, role: str) -> str:
        """One secret, and from it one password a role."""
        return hmac.new(self._secret, role.encode(), hashlib.sha256).hexdigest()[:32]

    def _socket_path(self) -> Path:
        """Short, and the same at each start, so that nothing piles up."""
        mark = hashlib.sha256(f"{os.geteuid()}:{self.data_dir}".encode()).hexdigest()[:12]
        return temporary_place(self.account) / f"linli-{mark}"

    def _socket_directory(self) -> Path:
        path = self._socket_path()
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        return self.account.give(path)

    def _launch(self) -> None:
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        command = self.account.command(
            *(self._programs / "postgres", "-D", self.cluster, "-k", self._sockets),
            *("-p", str(SOCKET_NUMBER), *options),
        )
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - no shell, the program is ours
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the runner, who then stops us in order
            )
        self._await_ready()

    def _await_ready(self) -> None:
        """The last line of `postmaster.pid` says `ready`; this is what pg_ctl reads too."""
        deadline = time.monotonic() + START_TIMEOUT_S
        note = self.cluster / "postmaster.pid"
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            with suppress(FileNotFoundError):
                lines = note.read_text().splitlines()
                if lines[:1] == [str(self.pid)] and lines[-1].strip() == "ready":
                    return
            time.sleep(0.02)
        raise PostgresDidNotStartError(
            "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        )


def _known_to(major: int) -> dict[str, str]:
    """Settings that older versions would refuse."""
    return {k: v for first, new in SINCE.items() if major >= first for k, v in new.items()}


_GRANTS = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}, {audit};
GRANT USAGE ON SCHEMA public TO {app}, {audit};
ALTER SCHEMA public OWNER TO {owner};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner}
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app};
"""

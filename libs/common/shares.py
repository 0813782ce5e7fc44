"""Shares of the cores, where services and their database have the same ones.

Linux may give each session the same share (sched(7), autogroup), and each backend of PostgreSQL is
a session: beside a dozen of them a service waits for its turn with requests of dozens of callers in
hand. Under systemd, or in containers, PostgreSQL has one share as a whole.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

ANSWERS: Final = -8  # niceness: as much as six backends
WORKS: Final = 10  # in the background: a tenth of one


def set_share(leader: int, niceness: int) -> None:
    """Set the share of the session that a process leads, where the kernel has such shares.

    To go ahead of others takes root's right; who has it not keeps an equal share.
    """
    with suppress(OSError):
        Path(f"/proc/{leader}/autogroup").write_text(str(niceness), encoding="ascii")

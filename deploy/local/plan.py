"""What `make run` was asked for: addresses and places, and whether they can be had."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.environment import SERVICES

HIGHEST_PORT: Final = 65535 - 2 * len(SERVICES)
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - only where somebody asks for it
LOOPBACK: Final = "127.0.0.1"


class PortError(RuntimeError):
    """A port cannot be used; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The front door's port and host, and the data directory; services take the ports after.

    With `workers_apart` the services only answer, and a second process each works in the
    background, as production runs them.
    """

    host: str
    port: int
    data_dir: Path
    workers_apart: bool = False

    @classmethod
    def from_environment(cls) -> "Plan":
        """PORT, HOST and DATA_DIR, else 8000, 127.0.0.1 and .data; WORKERS=apart.

        Raises `PortError`.
        """
        said = os.environ.get("PORT") or "8000"
        if not (said.isascii() and said.isdigit()) or not 0 < int(said) <= HIGHEST_PORT:
            raise PortError(f"PORT={said}: 须为 1 到 {HIGHEST_PORT} 的整数 / not a usable number")
        directory = os.environ.get("DATA_DIR") or ".data"
        apart = os.environ.get("WORKERS") == "apart"
        return cls(os.environ.get("HOST") or LOOPBACK, int(said), Path(directory), apart)

    @property
    def public(self) -> str:
        """Where people reach the front door."""
        return f"http://{LOOPBACK if self.host == EVERYWHERE else self.host}:{self.port}"

    @property
    def services(self) -> dict[str, str]:
        """Where each service listens."""
        return {name: f"http://{LOOPBACK}:{self.port + n}" for n, name in enumerate(SERVICES, 1)}

    @property
    def workers(self) -> dict[str, str]:
        """Where each worker answers its probes, when they run apart."""
        first = self.port + len(SERVICES) + 1
        names = SERVICES if self.workers_apart else ()
        return {f"{name}-worker": f"http://{LOOPBACK}:{first + n}" for n, name in enumerate(names)}

    @property
    def logs(self) -> Path:
        """Where every process writes."""
        return self.data_dir / "logs"

    def must_find_free_ports(self) -> None:
        """Raise `PortError` for the first port on which somebody else listens."""
        for offset in range(1 + len(self.services) + len(self.workers)):
            host, port = LOOPBACK if offset else self.host, self.port + offset
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((host, port))
                except OSError as fault:
                    raise PortError(
                        f"端口 {port} 不可用 / port {port} cannot be used: {fault.strerror}. "
                        f"换一组端口 / take others: make run PORT={self.port % 60000 + 1000}"
                    ) from None

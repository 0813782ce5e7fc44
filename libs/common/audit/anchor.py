"""Signed heads of the log in a file outside the database, one JSON line each.

A line names sequence number and hash of the newest entry, the digest of the line before it, and an
Ed25519 signature; so neither the log's tail nor the middle of this file can be cut out unseen. Copy
the file off the machine: whoever can cut both ends can still hide what was anchored last.
"""

import fcntl
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from common.audit.chain import Head, canonical
from common.crypto.digest import sm3

log = structlog.get_logger(__name__)
_FIELDS: Final = {"service", "seq", "hash", "at", "key", "before", "signature"}
_BLOCK: Final = 4096  # several lines
_TWO_ENDS: Final = 2  # that of the last line, and that of the one before it

Signer = tuple[str, Ed25519PrivateKey]


class AnchorForgedError(ValueError):
    """A line of the anchor file was altered, removed or not signed by a known key."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the log's head was at an instant."""

    service: str
    head: Head
    at: str


def anchor_file(directory: Path, service: str) -> Path:
    """The anchor file of a service."""
    return directory / f"audit-{service}.jsonl"


def add_anchor(file: Path, service: str, head: Head, signer: Signer, now: datetime) -> None:
    """Append the signed head, unless the last line already tells it. Blocking; locks the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        last = _last_line(file)
        if last and orjson.loads(last)["seq"] == head.seq:
            return
        out.write(_line(service, head, signer, now, before=sm3(last).hex() if last else ""))
        out.flush()
        os.fsync(out.fileno())
    # The same words go to the log collector, which is usually another machine.
    log.info("audit anchored", service=service, seq=head.seq, hash=head.hash.hex())


def read_anchors(file: Path, public: Mapping[str, Ed25519PublicKey]) -> list[Anchor]:
    """The anchors of a file, all checked. Raises `AnchorForgedError` naming the line."""
    anchors: list[Anchor] = []
    before = b""
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            anchors.append(_checked(line, before, public))
        except (ValueError, KeyError, TypeError, InvalidSignature) as fault:
            raise AnchorForgedError(f"{file.name} line {number} is not what was written") from fault
        before = line
    return anchors


def put_back(directory: Path, backup: Path, service: str, now: datetime) -> Path | None:
    """Let a backup's anchors take the place of the live ones; where those are kept, if any are.

    After a restore the live ones name entries that are gone. They stay beside, for the auditor.
    """
    live, saved = anchor_file(directory, service), anchor_file(backup, service)
    kept = None
    if live.exists():
        kept = live.with_name(f"{live.name}.before-{now:%Y%m%dT%H%M%SZ}")
        live.rename(kept)
    if saved.exists():
        shutil.copyfile(saved, live)
    return kept


def _line(service: str, head: Head, signer: Signer, now: datetime, *, before: str) -> bytes:
    key_id, key = signer
    said = {
        "service": service,
        "seq": head.seq,
        "hash": head.hash.hex(),
        "at": now.isoformat(timespec="seconds"),
        "key": key_id,
        "before": before,
    }
    signature = key.sign(canonical(said).encode()).hex()
    return canonical({**said, "signature": signature}).encode() + b"\n"


def _checked(line: bytes, before: bytes, public: Mapping[str, Ed25519PublicKey]) -> Anchor:
    said: dict[str, Any] = orjson.loads(line)
    if set(said) != _FIELDS or said["before"] != (sm3(before).hex() if before else ""):
        raise ValueError("the line before it is not the one it continues")
    signature = bytes.fromhex(said.pop("signature"))
    public[said["key"]].verify(signature, canonical(said).encode())
    return Anchor(said["service"], Head(said["seq"], bytes.fromhex(said["hash"])), said["at"])


def _last_line(file: Path) -> bytes:
    """The last whole line; half a line left by a crash is cut off first.

    Read from the end: the file grows by a line a minute, for years.
    """
    with file.open("rb") as lines:
        size = begin = lines.seek(0, os.SEEK_END)
        tail = b""
        while begin > 0 and tail.count(b"\n") < _TWO_ENDS:
            begin = max(0, begin - _BLOCK)
            lines.seek(begin)
            tail = lines.read(size - begin)
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.truncate(file, begin + len(whole))
    return whole.splitlines()[-1] if whole else b""

"""Named keys: one kind for each use, one of them active, the older ones kept for reading.

A key ring is a directory (a mounted secret): `<use>.<id>.key` holds a key in Base64, and
`<use>.active` the id that writes; without it the greatest id does. Or one JSON document of the same
content. Keys are at least 32 bytes; no key serves two uses.
"""

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, Self

KEY_BYTES: Final = 32
DEVELOPMENT: Final = "development"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")


class KeyUse(StrEnum):
    """What a key is for. Uses never share a key."""

    DATA = "data"
    INDEX = "index"
    PSEUDONYM = "pseudonym"
    SIGNING = "signing"


class KeyRingError(ValueError):
    """The key ring cannot be used; the service refuses to start. Never shows key material."""


class KeySettings(Protocol):
    """What of the settings concerns keys."""

    @property
    def environment(self) -> str:
        """production or development."""
        ...

    @property
    def key_ring(self) -> Path | None:
        """Directory of the key ring."""
        ...


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the id under which ciphertexts name it."""

    id: str
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a service. Values only: ciphers and indexes are made from it."""

    active: Mapping[KeyUse, Key]
    all: Mapping[KeyUse, Mapping[str, Key]]

    @classmethod
    def of(
        cls,
        keys: Mapping[KeyUse, Mapping[str, bytes]],
        active: Mapping[KeyUse, str] | None = None,
    ) -> Self:
        """A ring of these keys. Raises `KeyRingError` when one is missing, weak or used twice."""
        chosen: dict[KeyUse, Key] = {}
        made: dict[KeyUse, dict[str, Key]] = {}
        for use in KeyUse:
            made[use] = {i: Key(i, material) for i, material in keys.get(use, {}).items()}
            if not made[use]:
                raise KeyRingError(f"the key ring has no {use} key")
            wanted = (active or {}).get(use) or max(made[use])
            if wanted not in made[use]:
                raise KeyRingError(f"the active {use} key {wanted!r} is not in the ring")
            chosen[use] = made[use][wanted]
        _refuse_weak(made)
        return cls(chosen, made)

    @classmethod
    def from_directory(cls, path: Path) -> Self:
        """The ring in a directory of key files."""
        if not path.is_dir():
            raise KeyRingError(f"there is no key ring at {path}")
        keys: dict[KeyUse, dict[str, bytes]] = {}
        active: dict[KeyUse, str] = {}
        for file in sorted(path.iterdir()):
            use, _, rest = file.name.partition(".")
            if use not in set(KeyUse):
                continue
            if rest == "active":
                active[KeyUse(use)] = file.read_text().strip()
            elif rest.endswith(".key"):
                material = _decoded(file.read_text(), file.name)
                keys.setdefault(KeyUse(use), {})[rest.removesuffix(".key")] = material
        return cls.of(keys, active)

    @classmethod
    def from_json(cls, document: str) -> Self:
        """The ring in one document: `{"data": {"active": "k1", "keys": {"k1": "Base64"}}, …}`."""
        try:
            uses = {KeyUse(use): ring for use, ring in json.loads(document).items()}
            keys = {
                use: {i: _decoded(text, f"{use}.{i}") for i, text in ring["keys"].items()}
                for use, ring in uses.items()
            }
            active = {use: ring["active"] for use, ring in uses.items() if "active" in ring}
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            raise KeyRingError(f"the key ring document is malformed: {fault}") from None
        return cls.of(keys, active)

    @classmethod
    def load(cls, settings: KeySettings) -> Self:
        """The ring that the settings name. Production refuses development keys."""
        if settings.key_ring is None:
            raise KeyRingError("KEY_RING is not set: name the directory of the key ring")
        ring = cls.from_directory(settings.key_ring)
        if settings.environment == "production":
            ring.refuse_development()
        return ring

    def refuse_development(self) -> None:
        """Raise `KeyRingError` when a key was made by the local run."""
        for use, keys in self.all.items():
            if any(i.startswith(DEVELOPMENT) for i in keys):
                raise KeyRingError(f"production refuses the development key for {use}")


def create_development_keys(path: Path) -> None:
    """Make a ring of random keys for a machine of one's own; keys that exist stay."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    for use in KeyUse:
        if not any(path.glob(f"{use}.*.key")):
            write_key(path, use, f"{DEVELOPMENT}-1")


def write_key(path: Path, use: KeyUse, key_id: str) -> None:
    """Write a new random key, readable by its owner alone; never over an old one."""
    file = path / f"{use}.{key_id}.key"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")


def add_key(path: Path, use: KeyUse, key_id: str) -> None:
    """Add a key that does not write yet: the one that writes now is named first."""
    if not _ID.fullmatch(key_id):
        raise KeyRingError("a key id is made of letters, digits, dots and dashes, 1 to 32 of them")
    present = sorted(path.glob(f"{use}.*.key"))
    if present and not (path / f"{use}.active").exists():
        activate(path, use, max(_id_of(file, use) for file in present))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_key(path, use, key_id)


def activate(path: Path, use: KeyUse, key_id: str) -> None:
    """Let a key of the ring write from the next start on."""
    if not (path / f"{use}.{key_id}.key").exists():
        raise KeyRingError(f"there is no {use} key {key_id!r} in {path}")
    draft = path / f"{use}.active.new"
    draft.write_text(key_id + "\n")
    draft.replace(path / f"{use}.active")


def _id_of(file: Path, use: KeyUse) -> str:
    return file.name.removeprefix(f"{use}.").removesuffix(".key")


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyRingError(f"the key {name} is not Base64") from None


def _refuse_weak(rings: Mapping[KeyUse, Mapping[str, Key]]) -> None:
    """Short, patterned and shared keys are refused everywhere, not only in production."""
    seen: dict[bytes, str] = {}
    for use, keys in rings.items():
        for key in keys.values():
            name = f"{use}.{key.id}"
            # 32 random bytes hold fewer than 16 different values once in 10^18 rings.
            if len(key.material) < KEY_BYTES or len(set(key.material)) < 16:
                raise KeyRingError(f"the key {name} is too weak: {KEY_BYTES} random bytes needed")
            if key.material in seen:
                raise KeyRingError(f"the keys {seen[key.material]} and {name} are the same")
            seen[key.material] = name

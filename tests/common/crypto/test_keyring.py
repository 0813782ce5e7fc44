import base64
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from common.crypto.__main__ import main
from common.crypto.keyring import (
    KeyRing,
    KeyRingError,
    KeyUse,
    create_development_keys,
    write_key,
)


@dataclass
class Said:
    environment: str
    key_ring: Path | None


def keys() -> dict[KeyUse, dict[str, bytes]]:
    return {use: {"k1": os.urandom(32)} for use in KeyUse}


def test_development_keys_are_made_once_and_belong_to_their_owner_alone(tmp_path):
    create_development_keys(tmp_path / "ring")
    first = KeyRing.from_directory(tmp_path / "ring")
    create_development_keys(tmp_path / "ring")

    assert KeyRing.from_directory(tmp_path / "ring") == first
    for file in (tmp_path / "ring").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_production_refuses_development_keys_even_beside_good_ones(tmp_path):
    create_development_keys(tmp_path)
    for use in KeyUse:
        write_key(tmp_path, use, "zzz")

    assert KeyRing.load(Said("development", tmp_path)).active[KeyUse.DATA].id == "zzz"
    with pytest.raises(KeyRingError, match="development"):
        KeyRing.load(Said("production", tmp_path))


def test_production_takes_keys_of_its_own(tmp_path):
    for use in KeyUse:
        write_key(tmp_path, use, "2026-01")

    assert KeyRing.load(Said("production", tmp_path)).active[KeyUse.DATA].id == "2026-01"


def test_a_service_without_a_ring_does_not_start(tmp_path):
    with pytest.raises(KeyRingError):
        KeyRing.load(Said("development", None))
    with pytest.raises(KeyRingError):
        KeyRing.load(Said("development", tmp_path / "nowhere"))
    with pytest.raises(KeyRingError, match="no data key"):
        KeyRing.load(Said("development", tmp_path))


def test_the_named_key_writes_and_else_the_greatest(tmp_path):
    create_development_keys(tmp_path)
    write_key(tmp_path, KeyUse.DATA, "2026-01")
    write_key(tmp_path, KeyUse.DATA, "2026-02")
    (tmp_path / "data.active").write_text("2026-01\n")

    ring = KeyRing.from_directory(tmp_path)

    assert ring.active[KeyUse.DATA].id == "2026-01"
    assert len(ring.all[KeyUse.DATA]) == 3
    (tmp_path / "data.active").write_text("2030-01")
    with pytest.raises(KeyRingError, match="2030-01"):
        KeyRing.from_directory(tmp_path)


def test_a_key_is_never_written_over(tmp_path):
    write_key(tmp_path, KeyUse.DATA, "k1")
    with pytest.raises(FileExistsError):
        write_key(tmp_path, KeyUse.DATA, "k1")


@pytest.mark.parametrize(
    "weak",
    [b"", b"secret", bytes(32), b"linli-linli-linli-linli-linli-li", os.urandom(31)],
    ids=["none", "short", "zeros", "repeated", "a byte short"],
)
def test_weak_keys_are_refused_everywhere(weak):
    with pytest.raises(KeyRingError, match="weak"):
        KeyRing.of({**keys(), KeyUse.INDEX: {"k1": weak}})


def test_one_key_never_serves_two_uses():
    shared = os.urandom(32)
    with pytest.raises(KeyRingError, match="the same"):
        KeyRing.of({**keys(), KeyUse.INDEX: {"a": shared}, KeyUse.DATA: {"b": shared}})


def test_a_ring_comes_from_one_document_too():
    made = keys()
    document = {
        use: {"active": "k1", "keys": {i: base64.b64encode(m).decode() for i, m in ring.items()}}
        for use, ring in made.items()
    }

    assert KeyRing.from_json(json.dumps(document)) == KeyRing.of(made)


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"data": 5}', '{"oil": {}}', '{"data": {}}'])
def test_a_malformed_document_is_refused(document):
    with pytest.raises(KeyRingError):
        KeyRing.from_json(document)


def test_key_material_never_shows(tmp_path):
    made = keys()
    ring = KeyRing.of(made)

    assert not any(str(m["k1"]) in repr(ring) for m in made.values())
    (tmp_path / "data.k1.key").write_text("not base64, a secret all the same")
    with pytest.raises(KeyRingError) as told:
        KeyRing.from_directory(tmp_path)
    assert "secret" not in str(told.value)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_a_new_key_waits_until_it_is_activated(tmp_path, capsys):
    for use in KeyUse:
        assert run("new", tmp_path, use, "2026-01") == 0
    assert run("check", tmp_path) == 0

    assert run("new", tmp_path, "data", "2026-02") == 0
    assert KeyRing.from_directory(tmp_path).active[KeyUse.DATA].id == "2026-01"

    assert run("activate", tmp_path, "data", "2026-02") == 0
    assert KeyRing.from_directory(tmp_path).active[KeyUse.DATA].id == "2026-02"
    assert capsys.readouterr().out == "done\n" * 7


def test_the_command_refuses_what_would_lose_or_weaken_a_key(tmp_path):
    create_development_keys(tmp_path)

    assert run("new", tmp_path, "data", "development-1") == 1
    assert run("new", tmp_path, "data", "../x") == 1
    assert run("activate", tmp_path, "data", "nowhere") == 1
    assert run("check", tmp_path) == 1

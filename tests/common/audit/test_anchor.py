import os
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from common.audit.anchor import AnchorForgedError, add_anchor, anchor_file, read_anchors
from common.audit.chain import Head
from common.crypto.digest import sm3
from common.crypto.keyring import KeyRing, KeyUse
from common.crypto.keys import Keys

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
HEADS = [Head(seq, bytes([seq]) * 32) for seq in (3, 9, 20)]


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys.of(KeyRing.of({use: {"k1": os.urandom(32)} for use in KeyUse}))


@pytest.fixture
def file(keys, tmp_path) -> Path:
    file = anchor_file(tmp_path, "registry")
    for head in HEADS:
        add_anchor(file, "registry", head, keys.signer(), NOW)
    return file


def test_anchors_are_read_as_they_were_written(file, keys):
    anchors = read_anchors(file, keys.public_keys())

    assert [anchor.head for anchor in anchors] == HEADS
    assert {anchor.service for anchor in anchors} == {"registry"}


def test_the_same_head_is_written_once(file, keys):
    add_anchor(file, "registry", HEADS[-1], keys.signer(), NOW)

    assert len(read_anchors(file, keys.public_keys())) == len(HEADS)


@pytest.mark.parametrize("line", [0, 1])
def test_a_line_cut_out_is_noticed(file, keys, line):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))

    with pytest.raises(AnchorForgedError, match=f"line {line + 1}"):
        read_anchors(file, keys.public_keys())


@pytest.mark.parametrize("change", [(b'"seq":9', b'"seq":8'), (b"registry", b"feedback")])
def test_a_changed_line_is_noticed(file, keys, change):
    file.write_bytes(file.read_bytes().replace(*change))

    with pytest.raises(AnchorForgedError):
        read_anchors(file, keys.public_keys())


def test_a_strangers_signature_is_refused(file, keys):
    stranger = Keys.of(KeyRing.of({use: {"k1": os.urandom(32)} for use in KeyUse}))
    add_anchor(file, "registry", Head(21, bytes(32)), stranger.signer(), NOW)

    with pytest.raises(AnchorForgedError, match="line 4"):
        read_anchors(file, keys.public_keys())


def test_half_a_line_left_by_a_crash_is_mended(file, keys):
    file.write_bytes(file.read_bytes() + b'{"seq":21,"ha')
    add_anchor(file, "registry", Head(22, bytes(32)), keys.signer(), NOW)

    assert read_anchors(file, keys.public_keys())[-1].head.seq == 22


def test_the_file_is_continued_from_its_end(file, keys):
    """It is checked whole by who verifies, and never by who adds to it."""
    far_more = b"x" * 200 + b"\n"
    last = file.read_bytes().splitlines(keepends=True)[-1]
    for lines in range(60):  # so that the last line begins before and after the end of a block
        file.write_bytes(far_more * lines + b"y" * lines + b"\n" + last + b'{"seq":21,"ha')
        add_anchor(file, "registry", Head(22, bytes(32)), keys.signer(), NOW)
        *_, before, added = file.read_bytes().splitlines()

        assert before + b"\n" == last
        assert orjson.loads(added)["before"] == sm3(before).hex()


def test_no_more_is_read_than_the_end(file, keys):
    with file.open("r+b") as hollow:
        last = hollow.read()
        hollow.truncate(2**40)  # a terabyte that takes no room
        hollow.seek(0, os.SEEK_END)
        hollow.write(b"\n" + last)
    add_anchor(file, "registry", HEADS[-1], keys.signer(), NOW)

    assert file.stat().st_size == 2**40 + 1 + len(last)


def test_an_older_signing_key_still_checks_what_it_signed(file, keys):
    old = keys.ring.all[KeyUse.SIGNING]["k1"].material
    made = {use: {"k9": os.urandom(32)} for use in KeyUse}
    rotated = Keys.of(KeyRing.of({**made, KeyUse.SIGNING: {"k1": old, "k2": os.urandom(32)}}))
    add_anchor(file, "registry", Head(30, bytes(32)), rotated.signer(), NOW)

    assert len(read_anchors(file, rotated.public_keys())) == 4

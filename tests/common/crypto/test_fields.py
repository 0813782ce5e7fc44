import os

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from hypothesis import given
from hypothesis import strategies as st

from common.crypto.digest import hmac_sm3, sm3
from common.crypto.fields import Algorithm, CannotOpenError, FieldCipher, place
from common.crypto.keyring import KeyRing, KeyUse
from common.crypto.keys import Keys

MATERIAL = {use: {"k1": os.urandom(32)} for use in KeyUse}
RING = KeyRing.of(MATERIAL)
CELL = place("person", "phone", 1)
words = st.text(st.characters(codec="utf-8"), max_size=60)
algorithms = st.sampled_from(Algorithm)


@given(words, algorithms)
def test_what_is_sealed_opens_in_its_place(plain, algorithm):
    cipher = FieldCipher(RING, algorithm)

    assert cipher.open(cipher.seal(plain, context=CELL), context=CELL) == plain


@given(st.binary(max_size=200))
def test_bytes_open_too_whatever_they_hold(plain):
    keys = Keys.of(RING)

    assert keys.unseal(keys.seal(plain, context="x"), context="x") == plain


@given(words, st.data())
def test_any_changed_character_is_noticed(plain, data):
    cipher = FieldCipher(RING)
    envelope = cipher.seal(plain, context=CELL)
    where = data.draw(st.integers(0, len(envelope) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_|=!"))
    changed = envelope[:where] + letter + envelope[where + 1 :]

    if changed != envelope:
        with pytest.raises(CannotOpenError):
            cipher.open(changed, context=CELL)


@given(st.binary(min_size=1, max_size=50), st.data())
def test_any_changed_bit_of_sealed_bytes_is_noticed(plain, data):
    cipher = FieldCipher(RING)
    envelope = bytearray(cipher.seal_bytes(plain, context=CELL))
    bit = data.draw(st.integers(0, len(envelope) * 8 - 1))
    envelope[bit // 8] ^= 1 << bit % 8

    with pytest.raises(CannotOpenError):
        cipher.open_bytes(bytes(envelope), context=CELL)


@given(words, words)
def test_a_value_moved_to_another_cell_does_not_open(plain, other):
    cipher = FieldCipher(RING)
    envelope = cipher.seal(plain, context=CELL)

    if other != CELL:
        with pytest.raises(CannotOpenError):
            cipher.open(envelope, context=other)


@pytest.mark.parametrize(
    "junk", ["", "|", "||||", "v1|sm4-gcm|k1|AA==|AA==", "plain text", "v2|" * 5]
)
def test_what_was_never_sealed_does_not_open(junk):
    with pytest.raises(CannotOpenError):
        FieldCipher(RING).open(junk, context=CELL)
    with pytest.raises(CannotOpenError):
        FieldCipher(RING).open_bytes(junk.encode(), context=CELL)


def test_equal_values_look_different_every_time():
    cipher = FieldCipher(RING)

    assert len({cipher.seal("13800138000", context=CELL) for _ in range(100)}) == 100


def test_an_older_key_still_opens_and_writes_no_more():
    before = FieldCipher(RING)
    old = before.seal("李", context=CELL)
    rotated = KeyRing.of({**MATERIAL, KeyUse.DATA: {**MATERIAL[KeyUse.DATA], "k2": os.urandom(32)}})
    cipher = FieldCipher(rotated)

    assert cipher.open(old, context=CELL) == "李"
    with pytest.raises(CannotOpenError):
        before.open(cipher.seal("李", context=CELL), context=CELL)


def test_what_another_cipher_sealed_still_opens():
    old = FieldCipher(RING, Algorithm.AES_256_GCM).seal("李", context=CELL)

    assert FieldCipher(RING, Algorithm.SM4_GCM).open(old, context=CELL) == "李"


def test_a_value_whose_key_is_gone_does_not_open():
    envelope = FieldCipher(RING).seal("李", context=CELL)
    other = KeyRing.of({**MATERIAL, KeyUse.DATA: {"k9": os.urandom(32)}})

    with pytest.raises(CannotOpenError, match="k1"):
        FieldCipher(other).open(envelope, context=CELL)


def test_sm3_is_the_standards():
    # GB/T 32905-2016, appendix A.1
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"ab", b"c") == sm3(b"abc")


def test_sm4_gcm_is_the_standards():
    # RFC 8998, appendix A.1
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    iv = bytes.fromhex("00001234567800000000abcd")
    extra = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex("".join(letter * 16 for letter in "abcdefea"))
    encryptor = Cipher(SM4(key), GCM(iv)).encryptor()
    encryptor.authenticate_additional_data(extra)
    sealed = encryptor.update(plain) + encryptor.finalize()

    assert sealed[:16].hex() == "17f399f08c67d5ee19d0dc9969c4bb7d"
    assert encryptor.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


def test_hmac_sm3_takes_long_keys_as_hmac_does():
    assert hmac_sm3(b"k" * 100, b"m") == hmac_sm3(sm3(b"k" * 100), b"m")

"""Fingerprints: alike texts are near, strangers are far, and without the key there is nothing."""

from uuid import UUID

from feedback.domain.likeness import ALIKE_BITS, alike, distance, fingerprint

KEY = b"0123456789abcdef"
LONG = "这家助餐点的饭菜热乎可口，送餐的师傅每天都准时，老人家非常满意，希望一直办下去"


def of(words: str, key: bytes = KEY) -> int:
    found = fingerprint(words, key)
    assert found is not None
    assert -(2**63) <= found < 2**63
    return found


def test_a_word_changed_stays_near_and_punctuation_does_not_count() -> None:
    assert distance(of(LONG), of(LONG.replace("非常满意", "特别满意"))) <= ALIKE_BITS
    assert of(LONG) == of(LONG.replace("，", " ！"))


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    assert of(LONG) == 353402259860258525  # those that are kept are compared with new ones


def test_strangers_are_far_and_another_key_tells_nothing() -> None:
    other = "电梯坏了三天没有人来修，打电话也不接，坐轮椅的邻居出不了门，请街道尽快处理"

    assert distance(of(LONG), of(other)) > ALIKE_BITS
    assert distance(of(LONG), of(LONG, b"another key 0000")) > ALIKE_BITS


def test_what_everybody_writes_has_no_fingerprint() -> None:
    assert fingerprint("很好，谢谢！", KEY) is None
    assert fingerprint("", KEY) is None


def test_groups_hang_together_whatever_the_order() -> None:
    ids = [UUID(int=n) for n in range(4)]
    one, two, three = of(LONG), of(LONG.replace("非常", "特别")), of("x" * 30)
    given = dict(zip(ids, (one, three, two, one), strict=True))

    assert alike(given) == [[ids[0], ids[2], ids[3]]]
    assert alike(dict(reversed(given.items()))) == alike(given)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.crypto import masking

MASKS = [masking.name, masking.resident_id, masking.phone, masking.address]


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masking.name, "张三", "张*"),
        (masking.name, "张小明", "张**"),
        (masking.name, "欧阳娜娜", "欧阳**"),
        (masking.name, "欧阳", "欧*"),
        (masking.name, "张", "*"),
        (masking.name, "", ""),
        (masking.resident_id, "310101194001010014", "310*************14"),
        (masking.resident_id, "123", "***"),
        (masking.phone, "13800138000", "138****8000"),
        (masking.phone, "63212810", "******10"),
        (masking.phone, "110", "***"),
        (masking.address, "上海市黄浦区外滩街道某路1号", "上海市黄浦区********"),
    ],
)
def test_what_staff_see(mask, value, shown):
    assert mask(value) == shown


@given(st.sampled_from(MASKS), st.text(min_size=1, max_size=40))
def test_a_mask_keeps_the_length_and_always_hides_something(mask, value):
    shown = mask(value)

    assert len(shown) == len(value)
    assert "*" in shown
    assert all(s in {"*", v} for s, v in zip(shown, value, strict=True))

"""Chinese text for search: folding, tokens, readings of every real place name, safe queries."""

import csv
import re
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import text
from common.text import pinyin

LIST = Path(__file__).parents[3] / "shared/data/shanghai_divisions_2023.csv"

chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=12)
anything = st.text(max_size=60)


def finds(question: str, *names: str, widen: bool = False) -> bool:
    """What PostgreSQL answers to `vector @@ query`: and, or, prefix, exact."""
    found = text.tokens(*names)
    expression = re.sub(
        r"'([^']*)'(:\*)?",
        lambda term: str(
            any(token.startswith(term[1]) if term[2] else token == term[1] for token in found)
        ),
        text.query(question, text.synonyms() if widen else None),
    )
    python = expression.replace("&", " and ").replace("|", " or ")
    assert set(python.split()) <= {"True", "False", "and", "or"} | set(
        re.findall(r"[()]*(?:True|False)[()]*", python)
    )
    return bool(python) and eval(python)  # noqa: S307 - checked to be boolean words alone


@pytest.fixture(scope="module")
def names() -> list[tuple[str, str]]:
    if not LIST.exists():
        pytest.skip("the division list ../shared/data is not here")
    with LIST.open(encoding="utf-8") as lines:
        return [(row["name"], row["level"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("　南京东路　街道 ", "南京东路 街道"),
        ("１２３号（一期）", "123号(一期)"),
        ("a\u200bb\ufeff\x00c", "abc"),
        ("甲\n\t乙", "甲 乙"),
        ("長寧區", "長寧區"),
    ],
)
def test_display_text_is_cleaned_and_keeps_its_characters(typed, shown):
    assert text.normalise(typed) == shown


@settings(deadline=None)  # the first reads the tables of pinyin
@given(st.one_of(chinese, anything, st.from_regex(r"[东長寧重庆银行]{3,20}[A-z0-9 ]{0,5}")))
def test_the_tokens_of_a_text_are_those_of_its_runs(told):
    for spelled in (True, False):
        by_run = [text.run_tokens(run, pinyin=spelled) for run in text.runs(told)]
        assert set(chain.from_iterable(by_run)) == set(text.tokens(told, pinyin=spelled))


def test_search_sees_traditional_full_width_and_capitals_as_the_same():
    assert text.fold("長寧區ＡＢＣ") == text.fold("长宁区abc") == "长宁区abc"
    assert finds("長者食堂", "长者食堂")
    assert finds("长者食堂", "長者食堂")


@given(anything)
def test_folding_twice_changes_nothing_more(typed):
    assert text.normalise(text.normalise(typed)) == text.normalise(typed)


@given(anything)
def test_tokens_and_queries_can_never_break_out_of_their_quotes(typed):
    for token in text.tokens(typed):
        assert token
        assert not set(token) & set(" '\\\"&|!<>()\x00")
    assert re.fullmatch(r"(?:[&|() ]|'[^'\\\s&|!<>()]+'(?::\*)?)*", text.query(typed))


@given(anything)
def test_a_text_is_found_by_any_piece_of_its_words(typed):
    found = text.tokens(typed)

    for word in re.findall(r"\w+", text.fold(typed)):
        if text.query(word) and word.isascii() and len(word) <= 60:
            assert finds(word, typed)
    assert len(found) == len(set(found))


@given(chinese, st.integers(0, 12), st.integers(1, 12))
def test_every_part_of_a_chinese_name_finds_it(name, start, length):
    part = name[start : start + length]

    if part:
        assert finds(part, name)


@pytest.mark.parametrize(
    "question",
    [
        "浦",
        "助餐",
        "外滩",
        "南京东路",
        "外滩 助餐",
        "waitan",
        "wt",
        "zhucandian",
        "nanjing 2",
        "wtjd",
    ],
)
def test_a_service_is_found_by_characters_pinyin_and_initials(question):
    assert finds(question, "外滩街道南京东路助餐点2号", "黄浦区")


@pytest.mark.parametrize("question", ["滩外", "京南", "xyz", "徐汇", "tw", "3", "助餐 徐汇"])
def test_a_service_is_not_found_by_what_it_does_not_say(question):
    assert not finds(question, "外滩街道南京东路助餐点2号", "黄浦区")


@pytest.mark.parametrize("question", ["", "   ", "！？，", "'&|", "\x00"])
def test_a_question_without_words_finds_nothing(question):
    assert text.query(question) == ""


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("长宁区", "chang ning qu"),
        ("闵行区", "min hang qu"),
        ("长征镇", "chang zheng zhen"),
        ("长寿路街道", "chang shou lu jie dao"),
        ("长白新村街道", "chang bai xin cun jie dao"),
        ("长桥街道", "chang qiao jie dao"),
        ("长海路街道", "chang hai lu jie dao"),
        ("长风新村街道", "chang feng xin cun jie dao"),
        ("长兴镇", "chang xing zhen"),
        ("朝阳农场", "chao yang nong chang"),
        ("殷行街道", "yin hang jie dao"),
        ("杨行镇", "yang hang zhen"),
        ("庙行镇", "miao hang zhen"),
        ("徐行镇", "xu hang zhen"),
        ("高行镇", "gao hang zhen"),
        ("庄行镇", "zhuang hang zhen"),
        ("莘庄镇", "xin zhuang zhen"),
        ("朱家角镇", "zhu jia jiao zhen"),
        ("佘山镇", "she shan zhen"),
        ("柘林镇", "zhe lin zhen"),
        ("泖港镇", "mao gang zhen"),
        ("新浜镇", "xin bang zhen"),
        ("上海市长宁区", "shang hai shi chang ning qu"),
        ("长者食堂", "zhang zhe shi tang"),
        ("道长者", "dao zhang zhe"),
    ],
)
def test_place_names_are_read_as_the_city_reads_them(name, reading):
    assert text.spell(name) == reading


def test_a_place_whose_reading_is_disputed_is_found_by_both():
    assert finds("baozhen", "堡镇")
    assert finds("buzhen", "堡镇")
    assert finds("chonggu", "重固镇")
    assert finds("zhonggu", "重固镇")
    assert finds("lvhua", "绿华镇")
    assert finds("luhua", "绿华镇")


def test_a_polyphone_that_no_word_settles_is_found_by_each_reading():
    assert finds("yuele", "阅乐")
    assert finds("yueyue", "阅乐")
    assert not finds("zhangning", "长宁")


def test_the_reading_of_every_district_and_town_is_settled(names):
    open_names = {
        name: spelling
        for name, level in names
        if level in "134"
        for spelling in pinyin.spellings(re.sub(r"[^一-龥]", "", name))
        if spelling.others and name not in {"堡镇", "重固镇", "绿华镇", "吕巷镇"}
    }

    assert {n for n, s in open_names.items() if s.syllable not in {"he", "lv"}} == set()


def test_every_real_name_is_found_by_its_pinyin_and_initials(names):
    for name, _ in names[::7]:
        run = re.sub(r"[^一-龥]", "", name)
        syllables = text.spell(run).split()
        assert finds("".join(syllables), run)
        assert finds("".join(s[0] for s in syllables)[:6], run)


def test_long_initials_are_found_by_their_beginning_and_end():
    assert finds("njdljdzzst", "南京东路街道长者食堂")


def test_one_word_for_a_service_finds_the_others_only_on_request():
    assert not finds("助餐点", "外滩长者食堂")
    assert finds("助餐点", "外滩长者食堂", widen=True)
    assert finds("外滩老年餐", "外滩长者食堂", widen=True)
    assert not finds("豫园老年餐", "外滩长者食堂", widen=True)


def test_a_word_stands_in_one_group_of_synonyms_only():
    lines = files("common.text").joinpath("synonyms.tsv").read_text(encoding="utf-8").splitlines()
    words = [word for line in lines if not line.startswith("#") for word in line.split()]

    assert len(words) == len(set(words))
    assert all(text.fold(word) == word for word in words)
    assert text.synonyms()["托育"] == ("托育", "宝宝屋", "托育点", "托育园")


def test_every_settled_word_has_a_syllable_for_each_character():
    for word, readings in pinyin._words().items():
        assert 2 <= len(word) <= 4
        assert all(len(reading) == len(word) for reading in readings)
        assert all(re.fullmatch("[a-z]+", syllable) for r in readings for syllable in r)


def test_descriptions_are_indexed_without_pinyin():
    assert not [t for t in text.tokens("提供午餐", pinyin=False) if t.startswith("py:")]
    assert "午餐" in text.tokens("提供午餐", None, "", pinyin=False)


def test_tokens_are_written_as_a_literal_that_needs_no_escaping():
    assert text.vector_literal(["py:wt", "外滩"]) == "'py:wt' '外滩'"

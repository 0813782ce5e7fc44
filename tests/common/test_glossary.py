"""The glossary has a row for every word that other people's programs meet."""

from pathlib import Path

import pytest

from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.contracts.registry.areas import AreaKind
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.organisations import OrganisationKind
from common.contracts.vocabulary import PurchaseMethod

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (Path(__file__).parents[2] / "docs/glossary.md")
    .read_text(encoding="utf-8")
    .splitlines()
    if line.startswith("| ")
][1:]
IN_CODE = {word.strip("` ") for row in ROWS for word in row[2].split(",")}


def test_every_row_is_whole():
    assert all(len(row) == 5 and all(row) for row in ROWS)


def test_no_chinese_word_stands_twice():
    words = [row[0] for row in ROWS]

    assert sorted(set(words)) == sorted(words)


@pytest.mark.parametrize(
    "words", [Role, Kind, AreaKind, OrganisationKind, Dictionary, PurchaseMethod]
)
def test_every_published_word_has_its_row(words):
    assert {str(word) for word in words} - IN_CODE == set()

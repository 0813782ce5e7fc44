"""The generated tables in docs: equal to the code, prose untouched."""

from pathlib import Path

import pytest

from tools.reference import BLOCK, PAGES, TABLES, renewed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tables_in_the_docs_are_what_the_code_says(page):
    kept = (ROOT / page).read_text("utf-8")

    assert renewed(kept) == kept, "run: python -m tools.reference"


def test_every_table_stands_on_some_page():
    pages = [(ROOT / page).read_text("utf-8") for page in PAGES]

    assert {block[2] for page in pages for block in BLOCK.finditer(page)} == set(TABLES)


def test_prose_around_a_table_is_kept():
    page = "before\n<!-- table: roles -->\nold\n<!-- end -->\nafter\n"

    made = renewed(page)

    assert made.startswith("before\n<!-- table: roles -->\n")
    assert made.endswith("<!-- end -->\nafter\n")
    assert "`auditor`" in made

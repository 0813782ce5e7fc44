"""Tokens and queries against a real PostgreSQL: it reads them as they are meant."""

import random

import pytest
from sqlalchemy import ARRAY, Text, bindparam, text

from common.text import query, synonyms, tokens, vector_literal

ASK = text("SELECT array_to_tsvector(:tokens) @@ CAST(:query AS tsquery)").bindparams(
    bindparam("tokens", type_=ARRAY(Text))
)
SAME = text("SELECT array_to_tsvector(:tokens) = CAST(:literal AS tsvector)").bindparams(
    bindparam("tokens", type_=ARRAY(Text))
)
NAME = "长宁区华阳路街道长者食堂（一期）2号点 Café O'Neill\\"


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("食堂", True),
        ("堂", True),
        ("長者食堂", True),
        ("changning", True),
        ("czst", False),
        ("zzst", True),
        ("hua yang 2", True),
        ("O'NEILL", True),
        ("café", True),
        ("食堂 徐汇", False),
        ("", False),
        ("'); drop table rule; --", False),
    ],
)
async def test_the_database_finds_what_was_indexed(sessions, question, found):
    async with sessions() as session:
        answer = await session.scalar(ASK, {"tokens": tokens(NAME), "query": query(question)})

    assert answer is found


async def test_a_wider_question_finds_the_synonyms(sessions):
    indexed = {"tokens": tokens("外滩长者食堂")}

    async with sessions() as session:
        assert not await session.scalar(ASK, {**indexed, "query": query("外滩助餐点")})
        assert await session.scalar(ASK, {**indexed, "query": query("外滩助餐点", synonyms())})


async def test_no_text_whatever_breaks_the_index_or_the_question(sessions):
    dice = random.Random(20260918)
    signs = "a1长食堂'\"\\&|!<->():* \t%_é😀ßİ〇𠀀ﷺ१"

    async with sessions() as session:
        for _ in range(200):
            typed = "".join(dice.choices(signs, k=dice.randint(0, 30)))
            found = tokens(typed)
            assert await session.scalar(SAME, {"tokens": found, "literal": vector_literal(found)})
            await session.scalar(ASK, {"tokens": found, "query": query(typed, synonyms())})

"""A kind that tells another one's records in another form moves with it, and catches up."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from common.feed.epoch import settle
from common.feed.kinds import FeedKind
from common.feed.step import mark_behind, number_changes
from tests.common.feed.things import THING, Things, put, render_things


async def render_names(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Things by their name alone; those named `hidden` are not told in this form."""
    found = await render_things(session, ids)
    return {
        key: {"id": key, "name": state["name"]}
        for key, state in found.items()
        if state["name"] != "hidden"
    }


NAME = FeedKind("name", render_names, of="thing")
BOTH = {kind.name: kind for kind in (THING, NAME)}


async def retell_names(_: AsyncSession, things: Mapping[UUID, Any]) -> Mapping[UUID, Any]:
    """The same form, of things that were just read."""
    return {
        key: {"id": key, "name": state["name"]}
        for key, state in things.items()
        if state["name"] != "hidden"
    }


async def number(things: Things, kinds: Mapping[str, FeedKind]) -> None:
    await settle(things.opened.sessions, kinds)
    while (await number_changes(things.opened.sessions, kinds)).taken:
        pass


async def told(things: Things, kind: str) -> dict[UUID, tuple[str, int]]:
    """State and number of each record in a feed."""
    async with things.opened.sessions() as session:
        rows = await session.execute(
            text("SELECT record_id, state, change_number FROM feed_item WHERE kind = :kind"),
            {"kind": kind},
        )
        return {row.record_id: (row.state, row.change_number) for row in rows}


async def test_a_mark_of_the_one_is_a_mark_of_the_other(things: Things) -> None:
    first, second = await things.add(2)
    await number(things, BOTH)
    async with things.opened.sessions.begin() as session:
        await put(session, first, "a")  # the same name: the other form has no news
        await put(session, second, "hidden")
    await number(things, BOTH)

    thing, name = await told(things, "thing"), await told(things, "name")
    assert {thing[first][1], thing[second][1]} == {3, 4}
    assert name[first][0] == "updated"
    assert name[first][1] <= 2
    assert name[second] == ("deleted", 3)


async def test_what_was_numbered_before_there_was_the_other_form_is_caught_up(
    things: Things,
) -> None:
    kept, gone, late = await things.add(3)
    await things.drop(gone)
    await number(things, {"thing": THING})
    await settle(things.opened.sessions, BOTH)
    await mark_behind(things.opened.sessions, BOTH)
    await number(things, BOTH)
    assert set(await told(things, "name")) == {kept, late}

    async with things.opened.sessions.begin() as session:
        await put(session, late, "new")
    await number(things, {"thing": THING})  # by a release that does not know the form
    await mark_behind(things.opened.sessions, BOTH)
    await number(things, BOTH)

    assert (await told(things, "name"))[late] == ("updated", 3)


async def test_the_other_form_is_made_of_the_states_that_were_just_read(things: Things) -> None:
    asked = []

    async def render(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
        asked.extend(ids)
        return await render_names(session, ids)

    retold = FeedKind("name", render, of="thing", retell=retell_names)
    kinds = {"name": retold, "thing": THING}
    first, second = await things.add(2)
    async with things.opened.sessions.begin() as session:
        await put(session, second, "hidden")
    await number(things, kinds)
    assert not asked
    assert {*await told(things, "thing")} == {first, second}
    assert {*await told(things, "name")} == {first}

    (broken,) = await things.add(name="broken")  # each is looked at by itself then
    async with things.opened.sessions.begin() as session:
        await put(session, first, "b")
    await number(things, kinds)
    assert {first, broken} <= {*asked}
    assert (await told(things, "name"))[first] == ("updated", 2)
    assert broken not in await told(things, "thing")

"""Attachments: told by their bytes, sealed at rest, read by whom the case concerns."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.feedback.cases import Sessions, key, raised
from tests.harness import Apps, Urls

Header = dict[str, str]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489".replace(" ", "")
    + "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


async def sent(
    client: httpx.AsyncClient,
    header: Header,
    case: dict[str, Any],
    content: bytes = PNG,
    name: str = "现场.png",
) -> httpx.Response:
    return await client.post(
        f"/v1/cases/{case['id']}/attachments",
        files={"file": (name, content, "image/png")},
        headers={**header, **key()},
    )


@pytest.fixture
async def case(client: httpx.AsyncClient, resident: Header) -> dict[str, Any]:
    return await raised(client, resident)


async def test_a_file_is_kept_sealed_and_comes_back_as_it_was(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    case: dict[str, Any],
    sessions: Sessions,
) -> None:
    made = (await sent(client, resident, case)).json()
    at = f"/v1/cases/{case['id']}/attachments"
    listed = (await client.get(at, headers=clerk)).json()
    read = await client.get(f"{at}/{made['id']}", headers=clerk)
    hidden = await client.get(f"{at}/{made['id']}", headers=neighbour)
    async with sessions() as session:
        kept = await session.scalar(text("SELECT content FROM attachment"))

    assert (made["media_type"], made["size"], made["name"]) == ("image/png", len(PNG), "现场.png")
    assert listed == [made]
    assert read.content == PNG
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Disposition"] == "attachment"
    assert PNG not in kept
    assert hidden.status_code == 404


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"<html><script>alert(1)</script></html>", "wrong-kind-of-file"),
        (b"MZ\x90\x00\x03" + b"\0" * 200, "wrong-kind-of-file"),
        (b"nothing in particular", "wrong-kind-of-file"),
        (b"", "empty-attachment"),
        (PNG + b"\0" * (10 * 1024 * 1024), "too-large"),
    ],
)
async def test_what_a_file_claims_to_be_does_not_count(
    client: httpx.AsyncClient, resident: Header, case: dict[str, Any], content: bytes, slug: str
) -> None:
    refused = await sent(client, resident, case, content)

    assert refused.json()["type"] == slug


@pytest.mark.parametrize(
    ("told", "name"),
    [("../../../etc/passwd", "passwd"), (r"C:\Users\me\照片.png", "照片.png"), ("..", "file")],
)
async def test_a_file_is_called_by_the_last_part_of_its_name(
    client: httpx.AsyncClient, resident: Header, case: dict[str, Any], told: str, name: str
) -> None:
    answer = await sent(client, resident, case, name=told)

    assert answer.json()["name"] == name


async def test_a_case_carries_nine_files(
    client: httpx.AsyncClient, resident: Header, case: dict[str, Any]
) -> None:
    answers = [await sent(client, resident, case) for _ in range(10)]

    assert [answer.status_code for answer in answers] == [201] * 9 + [409]
    assert answers[-1].json()["type"] == "too-many-attachments"


def files_in(place: Path) -> list[Path]:
    return list(place.iterdir())


async def test_files_may_be_kept_in_a_directory(
    apps: Apps, fresh_database: Urls, resident: Header, tmp_path: Path
) -> None:
    async with apps.live("feedback", fresh_database, attachment_dir=str(tmp_path)) as client:
        case = await raised(client, resident)
        made = (await sent(client, resident, case)).json()
        at = f"/v1/cases/{case['id']}/attachments/{made['id']}"
        read = await client.get(at, headers=resident)
        kept = files_in(tmp_path)
        kept[0].unlink()
        lost = await client.get(at, headers=resident)

    assert read.content == PNG
    assert [path.name for path in kept] == [f"{made['id']}.sealed"]
    assert lost.status_code == 404

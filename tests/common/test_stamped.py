"""What is kept by its stamp: read once, and anew when the stamp is another one."""

from typing import Any

from common.stamped import Stamped


async def test_it_is_read_anew_only_when_its_stamp_is_another_one() -> None:
    asked: list[object] = []

    async def read(session: Any) -> int:
        asked.append(session)
        return len(asked)

    kept = Stamped(read)
    session: Any = object()
    found = [await kept.at(session, stamp) for stamp in ((1,), (1,), (2,), (2,), (1,))]

    assert found == [1, 1, 2, 2, 3]
    assert asked == [session] * 3

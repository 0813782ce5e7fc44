"""Field shapes that all wire models share. Units stand in the name or the description."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

SMALLEST_FIGURE: Final = 10  # published figures on fewer people are suppressed

AreaCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{12}$",
        description="12位区划代码 / 12-digit division code",
        examples=["310101002001"],
    ),
]
DictionaryCode = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$",
        description="字典词条代码，词条可由工作人员扩充 / dictionary code, extensible",
    ),
]
Share = Annotated[float, Field(ge=0, le=1, description="比例 0–1 / share, never percent")]
Level = Annotated[
    int, Field(ge=1, le=5, description="5 非常满意 … 1 非常不满意 / 5 best … 1 worst")
]
Score = Annotated[float, Field(ge=0, le=1, description="归一化得分 0–1 / score from 0 to 1")]
Count = Annotated[int, Field(ge=0)]


def _hides_the_few(persons: int | None) -> int | None:
    """Refuse a figure that is about one to nine people."""
    if persons is not None and 0 < persons < SMALLEST_FIGURE:
        raise ValueError("fewer than 10 people: the figure must be suppressed")
    return persons


SuppressedCount = Annotated[
    Count | None,
    AfterValidator(_hides_the_few),
    Field(
        description="人数；不足 10 人或可由差额推出时为 null / persons; null when fewer than 10, "
        "or when a difference would tell (secondary suppression)",
    ),
]

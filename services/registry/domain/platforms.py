"""What platforms do twice, across lines, against each other, or not at all. Pure.

Source: the paper, part 4 (3): 破解平台间服务空白、职能交叉、服务重叠、资源冲突等问题.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from common.contracts.registry.platforms import PlatformFinding as Finding
from common.contracts.registry.platforms import PlatformsOfCategory

RADIUS: Final = "walking_circle.radius"


@dataclass(frozen=True, slots=True)
class Provided:
    """What platforms provide of one category within one circle."""

    category: str
    platforms: Sequence[str]
    lines: Sequence[str]
    offerings: int
    conflicting: Sequence[UUID] = ()


def judged(
    provided: Iterable[Provided], expected: Iterable[str], wanted: Iterable[Finding]
) -> list[PlatformsOfCategory]:
    """Categories with a finding that is asked for; `expected` is what the district provides."""
    by_category: Mapping[str, Provided] = {each.category: each for each in provided}
    asked = frozenset(wanted)
    told = []
    for category in sorted({*expected, *by_category}):
        here = by_category.get(category) or Provided(category, (), (), 0)
        found = [each for each in _findings(here) if each in asked]
        if found:
            told.append(
                PlatformsOfCategory(
                    category=category,
                    findings=found,
                    platforms=sorted(here.platforms),
                    lines=sorted(here.lines),
                    offerings=here.offerings,
                    conflicting_ids=sorted(here.conflicting),
                )
            )
    return told


def _findings(here: Provided) -> list[Finding]:
    if here.offerings == 0:
        return [Finding.BLANK]
    found = []
    if len(here.platforms) > 1:
        found.append(Finding.OVERLAP)
    if len(here.lines) > 1:
        found.append(Finding.CROSSING)
    if here.conflicting:
        found.append(Finding.CONFLICT)
    return found

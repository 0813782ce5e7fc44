"""What is recognised and not processed here: petitions, discipline, reconsideration, litigation.

Pure. A word only raises the question; a person decides, and the clock runs until then. No body is
named meanwhile: whom the words may accuse does not read them.
"""

from contextlib import suppress
from functools import lru_cache
from typing import Final

from common.contracts.feedback_cases import Boundary, HandOver
from common.errors import Conflict, Text
from common.rules import NoRule, RulesInForce, Scalar
from common.text.folding import fold

PARAMETER: Final = "boundary_words"


class NoBoundaryWaits(Conflict):
    """There is nothing recognised that a person has still to decide."""

    slug = "no-boundary-waits"
    title = Text("没有待认定的移交事项", "No boundary waits for a decision")
    detail = Text(
        "本工单未识别移交事项，或已认定、已移交；已移交的请收回移交。",
        "Nothing was recognised in this case, or it is decided; what is handed over is taken back.",
    )


class BoundaryUndecided(Conflict):
    """Nobody is named to answer before a person has decided what a case is."""

    slug = "boundary-undecided"
    title = Text("尚未认定是否移交", "It is not decided whether it is handed over")
    detail = Text(
        "工单因“{word}”识别为 {channel}，尚未认定；请先移交，或认定不属移交事项"
        "（POST …/boundary/dismissal），再指定责任单位。",
        "The word {word} tells of {channel}: hand the case over, or say that it is none"
        " (POST …/boundary/dismissal), before a body is named.",
    )


def recognised(words: str, rules: RulesInForce) -> Boundary | None:
    """The first channel, in the order of `HandOver`, one of whose words stands in a text.

    The longest word of the channel is told. Source: the rule row that is named.
    """
    told = fold(words)
    for channel in HandOver:
        with suppress(NoRule):
            rule = rules.setting(PARAMETER, channel)
            found = [word for word, folded in _folded(rule.value) if folded in told]
            if found:
                return Boundary(channel=channel, word=max(found, key=len), rule=rule.code)
    return None


@lru_cache
def _folded(listed: Scalar | None) -> list[tuple[str, str]]:
    """The words of a rule, each as texts are searched for it."""
    words = str(listed or "").split(",")
    return [(word.strip(), fold(word.strip())) for word in words if word.strip()]


def check_waits(boundary: str | None, handed_over_to: str | None) -> None:
    """Raises `NoBoundaryWaits`."""
    if boundary is None or handed_over_to is not None:
        raise NoBoundaryWaits


def check_decided(boundary: str | None, word: str | None) -> None:
    """Raises `BoundaryUndecided`."""
    if boundary is not None:
        raise BoundaryUndecided(channel=boundary, word=word or "-")

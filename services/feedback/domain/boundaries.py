"""What is recognised and not processed here: petitions, discipline, reconsideration, litigation.

Pure. A word only raises the question; a person decides, and the clock runs until then.
"""

from contextlib import suppress
from functools import lru_cache
from typing import Final

from common.contracts.feedback_cases import Boundary, HandOver
from common.rules import NoRule, RulesInForce, Scalar
from common.text.folding import fold

PARAMETER: Final = "boundary_words"


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

"""What is recognised and not processed here: petitions, discipline, reconsideration, litigation.

Pure. A word only raises the question; a person decides, and the clock runs until then.
"""

from collections.abc import Iterable
from typing import Final

from common.contracts.feedback_cases import Boundary, HandOver
from common.rules import Rule
from common.text.folding import fold

PARAMETER: Final = "boundary_words"


def recognised(words: str, rules: Iterable[Rule]) -> Boundary | None:
    """The first channel, in the order of `HandOver`, one of whose words stands in a text.

    The longest word of the channel is told. Source: the rule row that is named.
    """
    told = fold(words)
    of_channel = {rule.object: rule for rule in rules if rule.parameter == PARAMETER}
    for channel in HandOver:
        rule = of_channel.get(channel)
        if rule is None or rule.value is None:
            continue
        found = [word for word in rule.words if word and fold(word) in told]
        if found:
            return Boundary(channel=channel, word=max(found, key=len), rule=rule.code)
    return None

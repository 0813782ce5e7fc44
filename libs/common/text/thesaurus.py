"""Words for the same thing: 助餐点 = 长者食堂 = 社区食堂. Packaged data, read once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def synonyms() -> Mapping[str, tuple[str, ...]]:
    """Each word with its whole group, itself first."""
    text = files(__package__).joinpath("synonyms.tsv").read_text(encoding="utf-8")
    groups = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {
        word: (word, *(other for other in group if other != word))
        for group in groups
        for word in group
    }

"""The indicator options that come with this release, as dated data with their source."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files

from common.contracts.feedback_ratings import RatingOption
from feedback.domain.ratings import Option

FILE = "rating_options.toml"


@cache
def packaged_options() -> tuple[RatingOption, ...]:
    """Every option of all times, in the order of the file."""
    text = files("feedback").joinpath("data", FILE).read_text(encoding="utf-8")
    blank = {"dimension": None, "valid_to": None}
    return tuple(RatingOption(**{**blank, **row}) for row in tomllib.loads(text)["option"])


@cache
def known_options() -> tuple[Option, ...]:
    """The options as the rules of rating use them."""
    return tuple(
        Option(each.code, frozenset(each.for_levels), each.valid_from, each.valid_to)
        for each in packaged_options()
    )


def options_on(day: date) -> list[RatingOption]:
    """What may be chosen on a day."""
    standing = {each.code for each in known_options() if each.stands_on(day)}
    return [each for each in packaged_options() if each.code in standing]

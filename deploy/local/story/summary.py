"""What came of the story, in a few lines: the last thing that `make demo` says."""

from collections.abc import Sequence
from typing import Any

from deploy.local.story.edition import in_words
from deploy.local.story.whole import Story


def summary(story: Story, taken_s: float) -> str:
    """What moved, from the needs to the next match; the figures are those of the public."""
    learnt, needs = story.learnt, len(story.unmet.needs)
    outcome = learnt.progress["items"][0]["outcome"]
    return (
        "\n────────────────────────────────────────────────────────────\n"
        f"从 {needs} 个无人能接的需求，到议题、合同、服务、评价和下一次选择，用时 {taken_s:.0f} s\n"
        f"From {needs} needs that nobody could serve to an agenda, a contract, a service,\n"
        "ratings, and another choice the next time\n"
        f"  议题 agenda item     {outcome['stage']}, paid {outcome['paid_fen'] / 100:.2f} CNY\n"
        f"  评级 rating          {in_words(learnt.rating)}\n"
        f"  期次 edition         until {learnt.edition['until_on']}\n"
        f"  原次序 order before  {_names(learnt.before)}\n"
        f"  新次序 order now     {_names(learnt.after)}\n"
    )


def _names(matches: Sequence[dict[str, Any]]) -> str:
    return "，".join(f"{place}. {each['name']}" for place, each in enumerate(matches, 1))

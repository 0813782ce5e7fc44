"""One body as its superiors see it now: channels apart, both means, what became of the bad."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_statistics import BodyFigures, ChannelFigure
from common.contracts.shapes import SMALLEST_FIGURE
from common.scope import under
from feedback import tables
from feedback.domain.scores import Levels
from feedback.queries import bad_ratings, case_rates, tallies
from feedback.queries.bad_ratings import Loops
from feedback.queries.tallies import Counted

T, B, C = tables.Tally, tables.BadRating, tables.Case
OWN = (RatingChannel.SELF, RatingChannel.QR_CODE)


async def body_figures(
    session: AsyncSession,
    provider_id: UUID,
    from_on: date,
    until_on: date,
    *,
    by: Actor,
    now: datetime,
) -> BodyFigures:
    """What the caller's area counts of a body, for services of some months."""
    area = str(by.area)
    what = tallies.of_body(provider_id) & under(T.area_code, area)
    counts = await tallies.counted(session, what, from_on, until_on)
    bad = (B.provider_id == provider_id) & under(B.area_code, area)
    loops = await bad_ratings.loops_of(session, bad, from_on, until_on, now=now)
    of_channel = _levels(counts, is_counted=True)
    good = sum(of_channel.values(), Levels.of({}))
    dropped = _levels(counts, is_counted=False)
    praise = dropped.pop(RatingChannel.DEFAULT, Levels.of({}))
    excluded = sum(dropped.values(), Levels.of({}))
    number = {each.channel: each.number for each in counts if each.level == 0}
    served = number.get(tallies.SERVED, 0)
    return BodyFigures(
        provider_id=provider_id,
        from_on=from_on,
        until_on=until_on,
        served=served,
        invited=number.get(tallies.INVITED, 0),
        ratings=good.number,
        default_praise=praise.number,
        excluded_on_appeal=excluded.number,
        mean_with_excluded=_mean(good + excluded),
        mean_score=_mean(good),
        response_share=min(1.0, good.number / served) if served else None,
        satisfied_share=1 - good.bad / good.number if good.number >= SMALLEST_FIGURE else None,
        channels=[
            ChannelFigure(
                channel=channel,
                ratings=levels.number,
                mean_score=_mean(levels),
                share=levels.number / good.number,
            )
            for channel, levels in sorted(of_channel.items())
            if levels.number
        ],
        device_uplift=_uplift(of_channel),
        **_of_loops(loops),
        **await _of_cases(session, provider_id, area, from_on, until_on, now=now),
    )


def _of_loops(loops: Loops) -> dict[str, Any]:
    """What became of the bad ratings."""
    return {
        "bad_ratings": loops.bad,
        "verified_in_time_share": _share(loops.in_time, loops.due),
        "rectified_share": _share(loops.rectified, loops.bad),
        "called_back_share": _share(loops.called_back, loops.bad),
        "contented_share": _share(loops.contented, loops.called_back),
    }


async def _of_cases(
    session: AsyncSession, body_id: UUID, area: str, from_on: date, until_on: date, *, now: datetime
) -> dict[str, Any]:
    """How the cases that a body answers for fare in an area."""
    which = (C.responsible_body_id == body_id) & under(C.area_code, area)
    found = await case_rates.rates_of(session, which, from_on, until_on, now=now)
    return {
        "cases": found.cases,
        "cases_answered_share": _share(found.in_time, found.due),
        "cases_solved_share": _share(found.solved, found.cases),
        "cases_content_share": _share(found.content, found.heard),
    }


def _levels(counts: Sequence[Counted], *, is_counted: bool) -> dict[RatingChannel, Levels]:
    found: dict[RatingChannel, dict[int, int]] = defaultdict(dict)
    for each in counts:
        if each.level and each.is_counted is is_counted:
            found[RatingChannel(each.channel)][each.level] = each.number
    return {channel: Levels.of(levels) for channel, levels in found.items()}


def _mean(levels: Levels) -> float | None:
    """The raw mean of ten ratings at least."""
    return levels.mean if levels.number >= SMALLEST_FIGURE else None


def _uplift(of_channel: dict[RatingChannel, Levels]) -> float | None:
    """How much better a body fares on staff's devices than on residents' own."""
    nothing = Levels.of({})
    device = _mean(of_channel.get(RatingChannel.STAFF_DEVICE, nothing))
    own = _mean(sum((of_channel.get(each, nothing) for each in OWN), nothing))
    return None if device is None or own is None else device - own


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

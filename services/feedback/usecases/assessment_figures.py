"""The figures of a scheme: every indicator of every subject, computed from what is kept.

Of ratings only what releases have told, as they told it: nothing follows from a result that they
withhold, and two results of the same ratings tell nothing of what came or was excluded between.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feedback_assessments import Measure
from common.contracts.shapes import SMALLEST_FIGURE
from common.rules import RulesInForce
from feedback import tables
from feedback.domain import assessments as rules
from feedback.domain.evidence import achieved
from feedback.domain.scores import LEVELS, Levels, prior_of
from feedback.queries import assessments as queries
from feedback.queries import evidence as evidence_queries
from feedback.queries.releases import Judged

Figures = Mapping[Measure, Levels]


async def computed(
    session: AsyncSession, row: tables.AssessmentScheme, in_force: RulesInForce
) -> dict[UUID, dict[str, Any]]:
    """What came out, by subject: columns of a result. The prior of a measure is its peers' mean."""
    judged = await queries.judged(session, row)
    told = {key: await queries.told_of(session, row, each) for key, each in judged.items()}
    figures = {key: await _figures(session, row, each, told[key]) for key, each in judged.items()}
    held = await evidence_queries.holding(session, row)
    weights = {each["code"]: int(each["weight"]) for each in row.indicators}
    measured = {each["code"]: Measure(each["measure"]) for each in row.indicators}
    kinds = {each["code"]: each["evidence_kind"] for each in row.indicators}
    verdicts = [code for code, measure in measured.items() if measure is Measure.SATISFACTION]
    computable = {code: m for code, m in measured.items() if m is not Measure.EVIDENCE}
    priors = {
        code: prior_of([each[m] for each in figures.values()]) for code, m in computable.items()
    }
    cited = {
        key: {code: held[key, kind] for code, kind in kinds.items() if (key, kind) in held}
        for key in judged
    }
    outcomes = {
        each: rules.outcome(
            weights,
            {code: figures[each][measure] for code, measure in computable.items()},
            priors,
            {code: _achieved(records) for code, records in cited[each].items()},
            verdicts,
        )
        for each in row.subject_ids
    }
    minimum = in_force.rule("rank.minimum").number
    placed = rules.tie_bands(
        {
            key: made.whole
            for key, made in outcomes.items()
            if made.whole and figures[key][Measure.SATISFACTION].number >= minimum
        }
    )
    return {
        each: {
            "score": made.whole and made.whole.score,
            "lower_bound": made.whole and made.whole.lower,
            "upper_bound": made.whole and made.whole.upper,
            "band": placed.get(each),
            "scores": dict(made.scores),
            "evidence_ids": sorted({e.id for records in cited[each].values() for e in records}),
            **_responses(told[each]),
        }
        for each, made in outcomes.items()
    }


async def _figures(
    session: AsyncSession,
    row: tables.AssessmentScheme,
    judged: Judged,
    told: Sequence[tables.Figure],
) -> Figures:
    loops = await queries.loops(session, row, judged)
    rated = [Levels.of(dict(zip(LEVELS, each.levels or (), strict=True))) for each in told]
    return {
        Measure.SATISFACTION: sum(rated, Levels.of({})),
        Measure.BAD_VERIFIED: queries.shares(loops.in_time, loops.due),
        Measure.BAD_RECTIFIED: queries.shares(loops.rectified, loops.bad),
        Measure.CALL_BACK: queries.shares(loops.called_back, loops.bad),
        **await queries.cases(session, row, judged.id),
    }


def _achieved(records: Sequence[tables.AssessmentEvidence]) -> float:
    return achieved((each.achieved, each.target) for each in records)


def _responses(told: Sequence[tables.Figure]) -> dict[str, Any]:
    """How many answered, in tens, and which share of those whose services are told."""
    number = sum(each.ratings or 0 for each in told)
    if number < SMALLEST_FIGURE:
        return {"responses": None, "response_share": None}
    answered = sum(each.ratings or 0 for each in told if each.served)
    served = sum(each.served or 0 for each in told)
    share = round(min(1.0, answered / served), 2) if served else None
    return {"responses": number // SMALLEST_FIGURE * SMALLEST_FIGURE, "response_share": share}

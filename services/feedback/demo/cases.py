"""A year of cases: what residents complain of, ask and suggest, and how far each has come. Pure.

演示数据. Some are answered late, a few are taken back, those of the last days still run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from common.contracts.feedback import CaseKind
from common.contracts.feedback_cases import CaseChannel
from common.demo import NOTE, DemoOffering

DAYS: Final = 365
KINDS: Final = {
    CaseKind.COMPLAINT: 40,
    CaseKind.HELP: 30,
    CaseKind.CONSULTATION: 20,
    CaseKind.SUGGESTION: 10,
}
CHANNELS: Final = {CaseChannel.APP: 55, CaseChannel.COUNTER: 30, CaseChannel.DESK_DAY: 15}
LATE, TAKEN_BACK = 0.06, 0.04
NEAR_DEG: Final = 0.004  # some 400 m
_PARTS: Final = (
    ("昨天", "上周起", "连续三天", "多次"),
    ("没有人来", "迟到", "电话打不通", "收费不清楚", "临时取消", "排队太久"),
    ("，请尽快处理", "，老人很着急", "，希望改进", "，没有解释"),
)


@dataclass(frozen=True, slots=True)
class DemoCase:
    """One case, when it came in, and the part of its time that the answer took: above 1, late."""

    offering: DemoOffering
    kind: CaseKind
    channel: CaseChannel
    words: str
    lon: float
    lat: float
    received_at: datetime
    taken: float
    is_taken_back: bool
    is_upheld: bool


def cases_of(
    offerings: Sequence[DemoOffering], count: int, *, seed: int, now: datetime
) -> Iterator[DemoCase]:
    """So many cases in the order in which they came in; most offerings have none."""
    random = Random(f"{seed}:cases")
    kinds, weights = zip(*KINDS.items(), strict=True)
    channels, shares = zip(*CHANNELS.items(), strict=True)
    for number in range(count):
        offering = random.choice(offerings)
        share = (number + random.random()) / count
        yield DemoCase(
            offering=offering,
            kind=random.choices(kinds, weights)[0],
            channel=random.choices(channels, shares)[0],
            words=f"{NOTE} " + "".join(random.choice(part) for part in _PARTS),
            lon=round(offering.lon + random.uniform(-NEAR_DEG, NEAR_DEG), 6),
            lat=round(offering.lat + random.uniform(-NEAR_DEG, NEAR_DEG), 6),
            received_at=now - timedelta(days=DAYS * (1 - share)),
            taken=random.uniform(1.05, 1.8) if random.random() < LATE else random.uniform(0.1, 0.9),
            is_taken_back=random.random() < TAKEN_BACK,
            is_upheld=random.random() < 0.6,
        )

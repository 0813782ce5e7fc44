"""What feed and audit cost a writer: 32 clients post organisations, with journal and without."""

import asyncio
from collections.abc import Callable
from statistics import median
from uuid import uuid4

import orjson

from benches import Row, wire
from benches.house import bring_divisions, city_office, house, migrated, serving
from tests.living import free_port

CLIENTS, SECONDS, ROUNDS = 32, 4.0, 7


def posting(headers: dict[str, str]) -> Callable[[int], bytes]:
    """Build the n-th request: a new volunteer group each time."""
    shared = {**headers, "Content-Type": "application/json"}

    def build(number: int) -> bytes:
        body = orjson.dumps(
            {
                "name": f"演示志愿服务队 {number}",
                "kind": "volunteer_group",
                "area_code": "310101013000",
            }
        )
        keyed = {**shared, "Idempotency-Key": str(uuid4())}
        return wire.request("POST", "/v1/organisations", keyed, body)

    return build


def rows() -> list[Row]:
    """The ratio, from interleaved rounds on two servers over one PostgreSQL."""
    with house() as (server, secrets):
        headers = city_office(secrets)
        loud, silent = free_port(), free_port()
        with (
            serving("registry", migrated(server, "registry", "loud"), secrets, loud) as base,
            serving(
                "registry",
                migrated(server, "registry", "silent"),
                secrets,
                silent,
                "benches.silent:app",
            ) as other,
        ):
            bring_divisions(base, headers)
            bring_divisions(other, headers)
            measured: dict[int, list[wire.Load]] = {loud: [], silent: []}
            for number in range(ROUNDS + 1):
                for port in (loud, silent):
                    load = asyncio.run(
                        wire.run(port, posting(headers), clients=CLIENTS, seconds=SECONDS)
                    )
                    if number:  # the first round warms up
                        measured[port].append(load)
    ratios = [a.per_second / b.per_second for a, b in zip(*measured.values(), strict=True)]
    with_journal = median(load.per_second for load in measured[loud])
    without = median(load.per_second for load in measured[silent])
    odd = {s for loads in measured.values() for load in loads for s in load.statuses if s != 201}
    return [
        Row("32 writers through HTTP, with feed and audit", f"{with_journal:.0f} writes/s"),
        Row("32 writers through HTTP, without", f"{without:.0f} writes/s", f"odd answers: {odd}"),
        Row(
            "ratio, median of rounds",
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            ">= 0.8",
        ),
    ]

"""One allocation as columns: who needs what, what there is, and what each pairing costs.

Everything is an integer: the optimum is exact and the digest is of exact bytes. Distances and costs
are metres on the city's plane; a poorer fit is expressed in metres too. Where people live only puts
the rows in a handy order: it is in no digest, and whoever checks an allocation is not told.
"""

import struct
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from common.crypto.digest import sm3

Ints = npt.NDArray[np.integer[Any]]
Keys = npt.NDArray[np.uint64]
Mask = npt.NDArray[np.bool_]

TIERS: Final = 3
COST_LIMIT: Final = 1 << 26  # metres; with its lot a cost still fits 32 bits
FORM: Final = b"linli-allocation-2"
_UNTOLD: Final = {"is_untold": True}


class MalformedProblem(ValueError):
    """A problem that cannot be meant: the message names the column."""


@dataclass(frozen=True, slots=True, eq=False)
class Needs:
    """The needs, one row each. `key` is a stable number of a need: rows may move, keys may not."""

    key: Keys
    tier: Ints  # 0 is the most urgent
    category: Ints
    street: Ints
    x: Ints = field(metadata=_UNTOLD)
    y: Ints = field(metadata=_UNTOLD)

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Offerings:
    """What can be given in the period, one row per offering, with its free places."""

    key: Keys
    category: Ints
    places: Ints
    x: Ints
    y: Ints

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Who may go where: need `i` has the pairs `starts[i]:starts[i + 1]`, rising by offering."""

    starts: Ints
    offering: Ints
    cost: Ints  # metres of walking, plus metres for a poorer fit

    def __len__(self) -> int:
        return len(self.offering)

    def needs(self) -> Ints:
        """The need of each pair."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))


@dataclass(frozen=True, slots=True)
class Fairness:
    """What an unserved need costs its street, category by category: the more, the dearer.

    Beyond `shares[b]` per cent of the street's needs of a category, each further unserved one costs
    `steps[b]` metres. Steps rise, so the rule is convex and stays inside the flow.
    """

    shares: tuple[int, ...]
    steps: tuple[int, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.shares, self.shares[1:], strict=False))
        steeper = all(a <= b for a, b in zip(self.steps, self.steps[1:], strict=False))
        if len(self.shares) != len(self.steps) or not rising or not steeper:
            raise MalformedProblem("fairness: shares and steps rise together")
        if self.shares[0] != 0 or self.shares[-1] >= 100 or self.steps[0] < 0:
            raise MalformedProblem("fairness: shares start at 0 and stay below 100, steps from 0")


NONE: Final = Fairness((0,), (0,))

_DTYPES: Final = {
    "key": np.uint64,
    "tier": np.int8,
    "category": np.int16,
    "starts": np.int64,
}


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """All of it. The arrays are read-only; `seed` is published before the run."""

    needs: Needs
    offerings: Offerings
    candidates: Candidates
    seed: str
    fairness: Fairness = NONE

    def __post_init__(self) -> None:
        for table in (self.needs, self.offerings, self.candidates):
            for each in fields(table):
                dtype = _DTYPES.get(each.name, np.int32)
                column = _column(getattr(table, each.name), dtype, each.name)
                object.__setattr__(table, each.name, column)
        _check_rows(self.needs, self.offerings)
        _check_pairs(self.needs, self.offerings, self.candidates)

    def digest(self) -> bytes:
        """SM3 of the canonical bytes: form, seed, rule, then every told column, little-endian."""
        seed = self.seed.encode()
        rule = [len(self.fairness.shares), *self.fairness.shares, *self.fairness.steps]
        head = struct.pack(f"<{3 + len(rule)}q", *self.sizes(), *rule)
        parts: list[bytes] = [FORM, struct.pack("<q", len(seed)), seed, head]
        for table in (self.needs, self.offerings, self.candidates):
            parts += [_bytes(getattr(table, name)) for name in told_of(type(table))]
        return sm3(*parts)

    def sizes(self) -> tuple[int, int, int]:
        """Needs, offerings, pairs."""
        return len(self.needs), len(self.offerings), len(self.candidates)


def told_of(table: type[Needs | Offerings | Candidates]) -> list[str]:
    """The columns of a table that its digest covers and that are handed out."""
    return [each.name for each in fields(table) if not each.metadata.get("is_untold")]


def _column(values: npt.ArrayLike, dtype: npt.DTypeLike, name: str) -> npt.NDArray[Any]:
    given = np.asarray(values)
    column = np.ascontiguousarray(given, dtype)
    if given.ndim != 1 or not (column is given or np.array_equal(column, given)):
        raise MalformedProblem(f"{name}: a plain column of {np.dtype(dtype).name} is expected")
    column = column.view()
    column.flags.writeable = False
    return column


def _bytes(column: npt.NDArray[Any]) -> bytes:
    return column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()


def _check_rows(needs: Needs, offerings: Offerings) -> None:
    for table in (needs, offerings):
        for each in fields(table):
            if len(getattr(table, each.name)) != len(table):
                raise MalformedProblem(f"{each.name}: not as long as key")
        if len(np.unique(table.key)) != len(table):
            raise MalformedProblem("key: not unique")
    if len(needs) and not 0 <= needs.tier.min() <= needs.tier.max() < TIERS:
        raise MalformedProblem(f"tier: outside 0..{TIERS - 1}")
    if len(offerings) and offerings.places.min() < 0:
        raise MalformedProblem("places: negative")


def _check_pairs(needs: Needs, offerings: Offerings, pairs: Candidates) -> None:
    starts = pairs.starts
    if len(starts) != len(needs) + 1 or starts[0] != 0 or starts[-1] != len(pairs):
        raise MalformedProblem("starts: do not span the pairs")
    if (np.diff(starts) < 0).any() or len(pairs.cost) != len(pairs):
        raise MalformedProblem("starts: fall, or cost is not as long as offering")
    if not len(pairs):
        return
    if not 0 <= pairs.offering.min() <= pairs.offering.max() < len(offerings):
        raise MalformedProblem("offering: no such row")
    if not 0 <= pairs.cost.min() <= pairs.cost.max() < COST_LIMIT:
        raise MalformedProblem(f"cost: outside 0..{COST_LIMIT - 1}")
    first = np.zeros(len(pairs) + 1, bool)
    first[starts] = True
    if not (first[1:-1] | (np.diff(pairs.offering) > 0)).all():
        raise MalformedProblem("offering: not rising within a need")
    if (needs.category[pairs.needs()] != offerings.category[pairs.offering]).any():
        raise MalformedProblem("offering: of another category than its need")

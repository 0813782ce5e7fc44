"""The inputs and the certificate of a run as one packed file, and back. No code is ever loaded.

No file holds where people live: a need that comes out of it stands at nought.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.allocation.certificate import Certificate
from matching.allocation.problem import (
    Candidates,
    Fairness,
    Needs,
    Offerings,
    Problem,
    told_of,
)

_TABLES: Final = {"needs": Needs, "offerings": Offerings, "candidates": Candidates}


class Proof(NamedTuple):
    """What an auditor needs, and no more."""

    problem: Problem
    certificate: Certificate


def packed(proof: Proof) -> bytes:
    """The columns, compressed."""
    columns: dict[str, Any] = {
        "seed": np.frombuffer(proof.problem.seed.encode(), np.uint8),
        "shares": np.array(proof.problem.fairness.shares, np.int64),
        "steps": np.array(proof.problem.fairness.steps, np.int64),
    }
    for name in _TABLES:
        table = getattr(proof.problem, name)
        columns |= {f"{name}.{each}": _short(getattr(table, each)) for each in told_of(type(table))}
    for field in fields(proof.certificate):
        value = getattr(proof.certificate, field.name)
        is_bytes = isinstance(value, bytes)
        columns[f"certificate.{field.name}"] = (
            np.frombuffer(value, np.uint8) if is_bytes else np.asarray(value)
        )
    file = io.BytesIO()
    # Short numbers, not deflated: hardly more room, and nothing of the time.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, column in columns.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(column), allow_pickle=False)
    return file.getvalue()


def _table(columns: Mapping[str, NDArray[Any]], name: str) -> Any:
    kind = _TABLES[name]
    told = {each: columns[f"{name}.{each}"] for each in told_of(kind)}
    nowhere = np.zeros(len(next(iter(told.values()))), np.int32)
    return kind(**{each.name: told.get(each.name, nowhere) for each in fields(kind)})


def _short(column: NDArray[Any]) -> NDArray[Any]:
    """The same numbers in the shortest form that holds them."""
    if column.dtype.kind != "i" or not len(column):
        return column
    least, most = np.min_scalar_type(column.min()), np.min_scalar_type(column.max())
    return column.astype(np.promote_types(least, most))


def opened(content: bytes) -> Proof:
    """What `packed` made. Raises ValueError on anything else."""
    with np.load(io.BytesIO(content), allow_pickle=False) as columns:
        tables = {name: _table(columns, name) for name in _TABLES}
        fairness = Fairness(tuple(columns["shares"].tolist()), tuple(columns["steps"].tolist()))
        seed = columns["seed"].tobytes().decode()
        found = {f.name: columns[f"certificate.{f.name}"] for f in fields(Certificate)}
    found["inputs"] = found["inputs"].tobytes()
    found["objective"] = int(found["objective"])
    found["served"] = tuple(found["served"].tolist())
    return Proof(Problem(**tables, seed=seed, fairness=fairness), Certificate(**found))

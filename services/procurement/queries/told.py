"""Lists that PostgreSQL writes as JSON: reading many rows so costs a fifth of mapping them."""

from typing import Any

from common.contracts.base import Model


def listed(table: Any, model: type[Model], where: str, order: str, **instead: str) -> str:
    """SQL of the rows as a JSON list, with the columns that readers see and no others.

    `instead` says what to select for a field that is not a column of its own.
    """
    columns = ", ".join(
        f"{instead[name]} AS {name}" if name in instead else name for name in model.model_fields
    )
    return (
        f"(SELECT coalesce(json_agg(t), '[]') FROM (SELECT {columns} FROM {table.__tablename__}"
        f" WHERE {where} ORDER BY {order}) AS t)"
    )

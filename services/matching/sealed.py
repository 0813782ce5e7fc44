"""The sealed columns of the matching, for `python -m common.resealing`."""

from typing import Final

from common.resealing import Cell

SEALED: Final = (
    Cell("need", "words"),
    *(Cell("profile", f"contact_{each}", ("need_id",)) for each in ("name", "phone", "address")),
    Cell("case_plan", "goals"),
    Cell("case_plan", "summary"),
    Cell("case_step", "note", ("plan_id", "id"), "case_plan.note"),
)

"""The other process of the registry: `python -m registry.importing.files parse|report|export`.

Besides parsing it does what costs time and needs no database: the rules of a row, and the tokens
by which a record is found.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from common.errors import FieldError
from common.tabular.child import serve
from registry.domain.forms import FORMS
from registry.domain.forms.rules import RULES
from registry.domain.word_lists import joined
from registry.importing.searched import TOLD_BY, tokens


def finish(kind: str, context: Mapping[str, Any], row: dict[str, Any]) -> list[FieldError]:
    """Check a row by itself and add what follows from it; the faults when there are any."""
    found = RULES[kind](row)
    if not found and kind in TOLD_BY and TOLD_BY[kind] <= row.keys():
        row["search"] = joined(tokens(kind, row, context["categories"]))
    return found


if __name__ == "__main__":
    serve(FORMS, {kind: partial(finish, kind) for kind in FORMS})

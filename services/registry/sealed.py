"""The sealed columns of the registry, for `python -m common.resealing`."""

from typing import Final

from common.resealing import Cell
from registry.domain.forms import FORMS

_PRIVATE: Final = ", ".join(f"'{kind}'" for kind, form in FORMS.items() if form.is_private)

SEALED: Final = (
    *(Cell("person", name) for name in ("name", "phone", "certificate_number")),
    *(Cell("pledge", name) for name in ("contact_name", "contact_phone")),
    Cell(
        "import_part",
        "content",
        ("job_id", "number"),
        row="job_id || '/' || number",
        is_binary=True,
        where=f"job_id IN (SELECT id FROM import_job WHERE kind IN ({_PRIVATE}))",  # noqa: S608 - our own words
    ),
)

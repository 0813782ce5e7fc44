"""The tables that staff fill in: one form per kind, for import, template and export. Pure."""

from collections.abc import Mapping
from typing import Final

from common.tabular.forms import Form
from registry.domain.forms.bodies import DICTIONARY_ENTRIES, INCUBATIONS, ORGANISATIONS
from registry.domain.forms.money import FUNDS, PROGRAMMES
from registry.domain.forms.people import PEOPLE
from registry.domain.forms.places import AREAS, VENUES
from registry.domain.forms.services import OFFERINGS, SERVICE_ITEMS
from registry.domain.forms.sharing import BUNDLES, CONCESSIONS, SPACES

FORMS: Final[Mapping[str, Form]] = {
    form.kind: form
    for form in (
        DICTIONARY_ENTRIES,
        AREAS,
        ORGANISATIONS,
        INCUBATIONS,
        VENUES,
        SERVICE_ITEMS,
        OFFERINGS,
        PROGRAMMES,
        FUNDS,
        SPACES,
        PEOPLE,
        BUNDLES,
        CONCESSIONS,
    )
}

"""Which way the rows of a kind go, and what it takes to send them."""

from collections.abc import Mapping
from typing import Final

from common.auth.permissions import Permission
from common.errors import Problem
from registry.importing import kinds, money, offerings, sharing, singly
from registry.importing.chunk import Chunk
from registry.importing.loading import Loader, Target
from registry.importing.searched import Categories

TARGETS: Final[Mapping[str, Target]] = {
    target.kind: target
    for target in (kinds.ORGANISATION, kinds.VENUE, kinds.SERVICE_ITEM, offerings.OFFERING)
}
NEEDED: Final[Mapping[str, Permission]] = {
    "dictionary_entry": Permission.DICTIONARY_WRITE,
    "area": Permission.AREA_WRITE,
    "organisation": Permission.ORGANISATION_WRITE,
    "incubation": Permission.ORGANISATION_WRITE,
    "venue": Permission.VENUE_WRITE,
    "service_item": Permission.SERVICE_ITEM_WRITE,
    "offering": Permission.OFFERING_WRITE,
    "programme": Permission.PROGRAMME_WRITE,
    "fund": Permission.FUND_WRITE,
    "space": Permission.SPACE_WRITE,
    "person": Permission.PERSON_WRITE,
    "bundle": Permission.BUNDLE_WRITE,
    "concession": Permission.CONCESSION_WRITE,
}


_REFERENCES: Final = {**singly.REFERENCES, **money.REFERENCES, **sharing.REFERENCES}
_STEPS: Final = {**singly.STEPS, **money.STEPS, **sharing.STEPS}


async def load_chunk(
    kind: str, chunk: Chunk, categories: Categories, constraints: Mapping[str, type[Problem]]
) -> None:
    """Load the rows of a chunk in its transaction; what cannot be taken is in `chunk.errors`."""
    if kind in TARGETS:
        await Loader(TARGETS[kind], categories, constraints)(chunk)
    else:
        await singly.load(chunk, _REFERENCES[kind], _STEPS[kind], constraints)

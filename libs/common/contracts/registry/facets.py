"""Counts beside a list of offerings: how many of what was asked for lie under each word."""

from dataclasses import dataclass

from pydantic import Field

from common.contracts.base import Model


@dataclass(frozen=True, slots=True)  # no model: an answer has a hundred of them
class Facet:
    """One word, and how many offerings lie under it."""

    code: str
    name_zh: str
    name_en: str | None
    count: int


class OfferingFacets(Model):
    """Exact counts of the offerings that a list with the same parameters walks through."""

    total: int
    categories: list[Facet]
    target_groups: list[Facet]
    price_kinds: list[Facet]
    areas: list[Facet]
    also_searched: list[str] = Field(
        description="同义词：也以这些词检索 / words for the same thing that were searched as well"
    )

"""The sealed columns of the procurement, for `python -m common.resealing`.

Bids are sealed by their bidders; what is ours is who they are, and what was opened.
"""

from typing import Final

from common.resealing import Cell

SEALED: Final = (
    Cell("bid", "bidder_sealed", ("tender_id", "id")),
    Cell("bid", "revealed", ("tender_id", "id")),
    Cell("tender", "panel_seed"),
    Cell("tender_question", "asker", ("tender_id", "id")),
    Cell("expert", "name"),
)

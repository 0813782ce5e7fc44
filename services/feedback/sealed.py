"""The sealed columns of the feedback, for `python -m common.resealing`.

Ballots are sealed under their vote's own key, which is.
"""

from typing import Final

from common.resealing import Cell, Files

SEALED: Final = (
    Cell("attachment", "name", ("case_id", "id")),
    Cell("attachment", "content", ("case_id", "id"), is_binary=True),
    Cell("bad_rating", "finding_words", ("rating_id",), "bad_rating.finding"),
    *(Cell("case_contact", each, ("case_id",)) for each in ("name", "phone", "address")),
    Cell("case_order", "words", label="case.words"),
    Cell("case_step", "words", ("case_id", "seq"), row="case_id || '/' || seq"),
    Cell("dispatch", "words"),
    Cell("dispatch", "answer"),
    Cell("dispatch", "cancel_reason"),
    Cell("draw", "sealed_seed", is_binary=True),
    Cell("proposal", "original"),
    Cell("rating", "words"),
    Cell("rating_version", "words", ("rating_id", "version"), "rating.words", "rating_id"),
    Cell("urn_key", "sealed", ("vote_id",), is_binary=True),
)
FILES: Final = (
    Files("attachment", "path", ("case_id", "id"), "attachment.content", "ATTACHMENT_DIR"),
)

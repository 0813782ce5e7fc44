"""Search in memory: offerings lose their search column; words for the same thing become words.

Revision: 0006, after 0005.
"""

import csv
import json
from importlib.resources import files

import sqlalchemy as sa
from alembic import op

from common.ids import uuid7

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = (
    "venue_kind",
    "service_category",
    "target_group",
    "area_type",
    "department_line",
    "platform_kind",
    "funding_source",
    "capacity_unit",
)
_INSERT = """
WITH words AS (
  INSERT INTO dictionary_entry (id, dictionary, code, name_zh, name_en, parent_code, path, sort,
    valid_from, is_seed, version, created_at, updated_at, created_by, updated_by)
  SELECT id, 'synonym', code, name_zh, name_en, parent_code, path, sort,
    DATE '2026-01-01', true, 1, now(), now(), 'linli|seed', 'linli|seed'
  FROM jsonb_to_recordset(CAST(:words AS jsonb)) AS w (id uuid, code text, name_zh text,
    name_en text, parent_code text, path text, sort int)
  RETURNING id)
INSERT INTO feed_outbox (kind, record_id) SELECT 'dictionary_entry', id FROM words
"""


def _one_of(words) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f("ck_dictionary_entry_dictionary"), "dictionary_entry", type_="check")
    op.create_check_constraint(
        op.f("ck_dictionary_entry_dictionary"), "dictionary_entry", f"dictionary IN ({listed})"
    )


def _synonyms() -> str:
    """The first word of a group is its head; the others stand under it."""
    text = (files("registry") / "data" / "synonyms.csv").read_text("utf-8")
    found, sizes = [], {}
    for sort, line in enumerate(csv.DictReader(text.splitlines()), start=1):
        group = line["group"]
        size = sizes[group] = sizes.get(group, 0) + 1
        head = size == 1
        code = group if head else f"{group}.{size}"
        found.append(
            {
                "id": str(uuid7()),
                "code": code,
                "name_zh": line["word"],
                "name_en": line["name_en"],
                "parent_code": None if head else group,
                "path": group if head else f"{group}/{code}",
                "sort": sort * 10,
            }
        )
    return json.dumps(found)


def upgrade() -> None:
    op.drop_index("ix_offering_search", "offering")
    op.drop_column("offering", "search")
    _one_of((*BEFORE, "synonym"))
    op.execute(sa.text(_INSERT).bindparams(words=_synonyms()))


def downgrade() -> None:
    op.execute(
        "DELETE FROM dictionary_entry WHERE dictionary = 'synonym' AND parent_code IS NOT NULL"
    )
    op.execute("DELETE FROM dictionary_entry WHERE dictionary = 'synonym'")
    _one_of(BEFORE)
    op.add_column(
        "offering",
        sa.Column("search", sa.dialects.postgresql.TSVECTOR(), nullable=False, server_default=""),
    )
    op.create_index("ix_offering_search", "offering", ["search"], postgresql_using="gin")

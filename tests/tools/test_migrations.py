"""A migration with which the release before could not run is refused."""

import pytest

from tools.migrations import all_findings, findings, locks

HARMLESS = """
def upgrade():
    op.create_table("visit", sa.Column("id", sa.Uuid(), nullable=False))
    op.add_column("visit", sa.Column("on", sa.Date(), nullable=False))
    op.add_column("need", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("need", sa.Column("seen", sa.Boolean(), nullable=False, server_default="false"))
    op.create_index("ix_need_note", "need", ["note"])

def downgrade():
    op.drop_table("visit")
    op.drop_column("need", "note")
"""


def upgrade(step: str) -> str:
    return f"def upgrade():\n    {step}\n"


def test_adding_is_harmless_and_so_is_taking_back_what_was_added() -> None:
    assert findings(HARMLESS, "f") == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ('op.drop_column("need", "note")', "takes a column away"),
        ('op.drop_table("need")', "takes a table away"),
        ('op.rename_table("need", "want")', "renames a table"),
        ('op.alter_column("need", "note", new_column_name="words")', "renames a column"),
        ('op.alter_column("need", "note", type_=sa.Integer())', "changes a type"),
        ('op.alter_column("need", "note", nullable=False)', "forbids"),
        ('op.add_column("need", sa.Column("note", sa.Text(), nullable=False))', "does not fill"),
        ('op.execute("ALTER TABLE need ALTER note SET NOT NULL")', "forbids"),
        ('op.execute("ALTER TABLE need DROP COLUMN note")', "takes a table or a column away"),
        ('op.execute("ALTER TABLE need ALTER note TYPE int")', "changes a type"),
        ('op.execute(sa.text("""\nDROP TABLE need\n"""))', "takes a table or a column away"),
        ('op.execute(f"ALTER TABLE {name} DROP\\nCOLUMN note")', "takes a table or a column away"),
    ],
)
def test_what_the_release_before_would_not_survive_is_named(step: str, words: str) -> None:
    [found] = findings(upgrade(step), "f")

    assert words in found.words
    assert found.line == 2


def test_a_contraction_says_which_revision_expanded() -> None:
    step = upgrade('op.drop_column("need", "note")')

    assert findings(f'contracts = "0004"\n{step}', "f") == []


GENTLE = """
def upgrade():
    gently.index("ix_need_note", "need (note)")
    gently.constrain("need", "ck_need_note", "CHECK (note <> '')")
    gently.retype("need", {"note": "word"})
    gently.rule("word", "ck_word", "VALUE <> ''")
"""
NEW = """
def upgrade():
    op.create_table("visit", sa.Column("id", sa.Uuid()), sa.Column("on", sa.Date(), index=True))
    op.create_index("ix_visit_on", "visit", ["on"])
    op.create_foreign_key("fk_visit", "visit", "need", ["id"], ["id"])
    op.execute("CREATE INDEX ix_visit_of ON visit (id)")
    op.execute("ALTER TABLE visit ADD CONSTRAINT ck_visit CHECK (true)")
    op.add_column("need", sa.Column("note", sa.Text()))
"""


def test_gentle_steps_hold_up_nobody_and_on_a_new_table_nobody_waits() -> None:
    assert locks(GENTLE, "f") == []
    assert locks(NEW, "f") == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ('op.create_index("ix_need_note", "need", ["note"])', "gently.index (need)"),
        ('op.create_unique_constraint("uq_need", "need", ["note"])', "gently.index, unique (need)"),
        ('op.create_exclude_constraint("ex_need", "need", ("a", "&&"))', "on a new table (need)"),
        ('op.create_check_constraint("ck", "need", "true")', "gently.constrain (need)"),
        ('op.create_foreign_key("fk", "need", "plan", ["a"], ["a"])', "gently.constrain (need)"),
        ('op.execute("CREATE INDEX ix_a ON need (a)")', "gently.index (need)"),
        ('op.execute("""CREATE UNIQUE INDEX ix_a\n ON need (a)""")', "gently.index (need)"),
        ('op.execute("CREATE INDEX CONCURRENTLY ix_a ON need (a)")', "gently.index (need)"),
        ('op.execute("ALTER TABLE need ADD CONSTRAINT c CHECK (a)")', "gently.constrain (need)"),
        ('op.execute("ALTER TABLE need ADD CHECK (a)")', "gently.constrain (need)"),
        ('op.execute("ALTER TABLE need VALIDATE CONSTRAINT c")', "gently.constrain (need)"),
        ('op.execute("ALTER DOMAIN word ADD CHECK (true)")', "gently.rule (word)"),
        ('op.execute("ALTER DOMAIN word VALIDATE CONSTRAINT c")', "gently.rule (word)"),
        ('op.add_column("need", sa.Column("a", sa.ForeignKey("b.a")))', "gently.constrain (need)"),
        ('op.add_column("need", sa.Column("a", sa.Text(), index=True))', "gently.index (need)"),
        ('gently.drop_index("ix_a"); op.add_column("need", sa.Column("a"))', "of their own"),
    ],
)
def test_what_would_hold_up_a_large_table_is_named_with_its_remedy(step: str, words: str) -> None:
    [found] = locks(upgrade(step), "f")

    assert words in found.words


def test_every_migration_of_the_platform_works_with_the_release_before() -> None:
    assert all_findings() == []

"""Rows into records, for every kind that is written in bulk: resolve, judge, compare, write, tell.

A kind says what is its own in a `Target`. A row that says what stands takes no lock. The records
of the others are locked in the order of their ids (`queries.turns`) and read again, so an import
neither overwrites an edit made meanwhile nor blocks another one.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy import Text as Text_
from sqlalchemy.exc import IntegrityError

from common import audit, feed
from common.errors import Problem, Text
from common.ids import uuid7s
from common.tabular.forms import several_of
from registry.domain.word_lists import joined
from registry.importing.chunk import Chunk, Row, called_by
from registry.importing.merging import Draft, Merger, differs, used
from registry.importing.references import Answers, Missing
from registry.importing.searched import TOLD_BY, Categories, tokens
from registry.queries import bulk
from registry.tables.base import Record
from registry.usecases.editing import PURPOSE

_ROUNDS: Final = 6  # rows that name rows of the same chunk wait for them, so many times
_OUTSIDE: Final = Text("不在您的辖区内", "Outside your area")
_ASK: Final = Text("请由所在辖区的工作人员导入", "Let the staff of that area import it")


Standing = Mapping[str, Mapping[str, Any]]
Rule = Callable[[Chunk, Sequence[Draft]], Awaitable[None]]


class Around(Protocol):
    """Reads what rows name, and what the records of their codes are in; held before those are."""

    async def __call__(
        self,
        chunk: Chunk,
        rows: Sequence[Row],
        answers: Mapping[str, Answers],
        stands: Standing,
        *,
        held: bool,
    ) -> None:
        """With `held` none of it changes until the transaction ends."""


async def _nothing(*_: object, **__: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Target:
    """What is a kind's own. `references`: field -> what it names; the column is `field_id`."""

    table: type[Record]
    kind: str
    references: Mapping[str, str]
    defaults: Mapping[str, Any]
    around: Around = _nothing
    fill: Rule = _nothing
    judge: Rule = _nothing
    written: Rule = _nothing


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads chunks of one kind."""

    target: Target
    categories: Categories
    constraints: Mapping[str, type[Problem]]

    async def __call__(self, chunk: Chunk) -> None:
        """Load the rows of a chunk. Those that name rows of this chunk follow in later rounds."""
        waiting = list(chunk.rows)
        for _ in range(_ROUNDS):
            later: list[Row] = []
            await self._load(chunk, waiting, later)
            if not later or len(later) == len(waiting):
                break
            waiting = later
        if later:
            kinds = dict.fromkeys(self.target.references.values())
            answers = {
                kind: await chunk.lookup(chunk.session, kind, self._names(later, kind))
                for kind in kinds
            }
            for row in later:
                self._refuse_missing(chunk, row, answers)

    async def _load(self, chunk: Chunk, rows: list[Row], later: list[Row]) -> None:
        answers = {
            kind: await chunk.lookup(chunk.session, kind, self._names(rows, kind))
            for kind in dict.fromkeys(self.target.references.values())
        }
        stands = await self._existing(chunk, rows)
        rows = await self._saying_more(chunk, rows, answers, stands)
        if not rows:
            return
        await self.target.around(chunk, rows, answers, stands, held=True)
        stands = await self._existing(chunk, rows, held=True)
        changed = await self._changed(chunk, self._drafts(chunk, rows, answers, stands, later))
        await self.target.judge(chunk, changed)
        await self._write(chunk, self._standing(chunk, changed))

    async def _saying_more(
        self, chunk: Chunk, rows: list[Row], answers: Mapping[str, Answers], stands: Standing
    ) -> list[Row]:
        """The rows that say something else than what stands, which is seen without a lock."""
        known = [row for row in rows if row.values["code"] in stands]
        if not known:
            return rows
        await self.target.around(chunk, known, answers, stands, held=False)
        drafts = list(self._merged(chunk, known, answers, stands))
        changed = await self._changed(chunk, [draft for _, draft in drafts if draft is not None])
        done = {row.number for row, draft in drafts if draft is not None}
        done = (done | chunk.failed) - {draft.row.number for draft in changed}
        return [row for row in rows if row.number not in done]

    async def _changed(self, chunk: Chunk, drafts: Sequence[Draft]) -> list[Draft]:
        """Those that differ from what stands; the others are counted."""
        await self.target.fill(chunk, drafts)
        drafts = [d for d in self._standing(chunk, drafts) if self._in_reach(chunk, d)]
        changed = [draft for draft in drafts if differs(draft)]
        chunk.unchanged += len(drafts) - len(changed)
        return changed

    def _merged(
        self,
        chunk: Chunk,
        rows: Sequence[Row],
        answers: Mapping[str, Answers],
        stands: Standing,
    ) -> Iterator[tuple[Row, Draft | None]]:
        """What stands, with what the rows say put over it; None where a name stands for nothing."""
        target, given = self.target, rows[0].values
        several = several_of(chunk.form)
        merger = Merger(target.table, target.references, target.defaults, given, several)
        for row, new_id in zip(rows, uuid7s(len(rows)), strict=True):
            yield row, merger.draft(row, new_id, stands.get(row.values["code"]), answers)

    def _drafts(
        self,
        chunk: Chunk,
        rows: list[Row],
        answers: Mapping[str, Answers],
        stands: Standing,
        later: list[Row],
    ) -> list[Draft]:
        drafts = []
        for row, draft in self._merged(chunk, rows, answers, stands):
            if draft is not None:
                drafts.append(draft)
            elif not self._waits(chunk, row, answers):
                self._refuse_missing(chunk, row, answers)
            else:
                later.append(row)
        return drafts

    def _names(self, rows: list[Row], kind: str) -> set[str]:
        return {
            name
            for field_, found in self.target.references.items()
            if found == kind
            for row in rows
            for name in _listed(row.values.get(field_))
        }

    def _waits(self, chunk: Chunk, row: Row, answers: Mapping[str, Answers]) -> bool:
        """Whether all that is missing may stand once other rows of the chunk do."""
        others = chunk.called()
        missing = [
            kind == self.target.kind and called in others and called not in called_by(row)
            for _, kind, called, _ in self._missing(row, answers)
        ]
        return all(missing)

    def _missing(
        self, row: Row, answers: Mapping[str, Answers]
    ) -> Iterator[tuple[str, str, str, Missing]]:
        for name, kind in self.target.references.items():
            for called in _listed(row.values.get(name)):
                answer = answers[kind][called]
                if isinstance(answer, Missing):
                    yield name, kind, called, answer

    def _refuse_missing(self, chunk: Chunk, row: Row, answers: Mapping[str, Answers]) -> None:
        for name, _, _, answer in self._missing(row, answers):
            chunk.refuse(row, name, answer.message, slug=answer.slug, remedy=answer.remedy)

    async def _existing(
        self, chunk: Chunk, rows: Sequence[Row], *, held: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Records with the codes of rows; when held, locked in the order of their ids."""
        table = self.target.table.__table__
        columns = [c for c in table.columns if c.name != "search"]
        codes = bindparam("codes", [row.values["code"] for row in rows], ARRAY(Text_))
        statement = select(*columns).where(table.c.code == func.any(codes))
        if held:
            statement = statement.order_by(table.c.id).with_for_update(key_share=True)
        names = [column.name for column in columns]
        found = await chunk.session.execute(statement)
        records = [dict(zip(names, row, strict=True)) for row in found]
        return {each["code"]: each for each in records}

    def _standing(self, chunk: Chunk, drafts: Sequence[Draft]) -> list[Draft]:
        return [draft for draft in drafts if draft.row.number not in chunk.failed]

    def _in_reach(self, chunk: Chunk, draft: Draft) -> bool:
        """Whether the caller may write the record as it stands and as it will be."""
        current = draft.current
        if chunk.covers(draft.values["area_code"]) and (
            current is None or chunk.covers(current["area_code"])
        ):
            return True
        chunk.refuse(draft.row, "area", _OUTSIDE, slug="out-of-area", remedy=_ASK)
        return False

    async def _write(self, chunk: Chunk, drafts: list[Draft]) -> None:
        """Write, mark and note; a row that the database refuses is found and told."""
        is_searched = self.target.kind in TOLD_BY
        for draft in drafts:
            if is_searched and "search" not in draft.values:
                made = tokens(self.target.kind, draft.values, self.categories)
                draft.values["search"] = joined(made)
        for part in await self._accepted(chunk, drafts):
            feed.mark_many(chunk.session, self.target.kind, [draft.id for draft in part])
            self._note(chunk, part)
            chunk.inserted += sum(draft.current is None for draft in part)
            chunk.updated += sum(draft.current is not None for draft in part)
            await self.target.written(chunk, part)

    async def _accepted(self, chunk: Chunk, drafts: list[Draft]) -> list[list[Draft]]:
        """Parts that the database has taken; a refusal is narrowed down by halves."""
        if not drafts:
            return []
        try:
            async with chunk.session.begin_nested():
                await self._upsert(chunk, drafts)
        except IntegrityError as fault:
            if len(drafts) == 1:
                self._refused(chunk, drafts[0], fault)
                return []
            half = len(drafts) // 2
            first = await self._accepted(chunk, drafts[:half])
            return [*first, *await self._accepted(chunk, drafts[half:])]
        return [drafts]

    async def _upsert(self, chunk: Chunk, drafts: list[Draft]) -> None:
        await bulk.upsert(
            chunk.session,
            self.target.table,
            [draft.values for draft in drafts],
            key=("code",),
            by=chunk.by.alias(PURPOSE),
            now=chunk.now,
            guard=chunk.by.area,
            ids=[draft.id for draft in drafts],
            only=used(drafts),
        )

    def _refused(self, chunk: Chunk, draft: Draft, fault: IntegrityError) -> None:
        """Tell a constraint's word about the one row that broke it."""
        name = getattr(getattr(fault.orig, "__cause__", None), "constraint_name", None) or ""
        problem = self.constraints.get(name)
        slug = problem.slug if problem else "conflict"
        told = Text(f"与已有数据冲突（{name}）", f"In conflict with what stands ({name})")
        with suppress(KeyError):  # a sentence with facts that only the use case knows
            told = problem().sentence() if problem else told
        chunk.refuse(draft.row, _COLUMN_OF.get(slug, ""), told, slug=slug)

    def _note(self, chunk: Chunk, drafts: Sequence[Draft]) -> None:
        audit.note_many(
            chunk.session,
            chunk.by,
            action=f"{self.target.kind}.import",
            kind=self.target.kind,
            changes=[
                audit.Change(
                    draft.id,
                    draft.values["area_code"],
                    draft.before or None,
                    draft.after,
                    f"{chunk.source} 第 {draft.row.number} 行",
                )
                for draft in drafts
            ],
        )


_COLUMN_OF: Final = {
    "credit-code-taken": "credit_code",
    "filing-number-taken": "filing_number",
}


def _listed(value: Any) -> list[str]:  # a cell's value
    return [] if value is None else value if isinstance(value, list) else [value]

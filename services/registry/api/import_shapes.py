"""An import and its errors as the reader sees them, in the reader's language."""

from datetime import datetime

from common.contracts.registry.imports import FileProblem, Import, ImportState, RowError
from common.tabular.cells import cell_name
from registry import tables


def import_shown(job: tables.ImportJob, language: str, now: datetime) -> Import:
    """The job without what is internal to it."""
    seconds = 0.0
    if job.started_at is not None:
        seconds = ((job.finished_at or now) - job.started_at).total_seconds()
    done = job.state == ImportState.DONE
    return Import(
        id=job.id,
        kind=job.kind,
        file_name=job.file_name,
        format=job.format,
        file_bytes=job.file_bytes,
        mode=job.mode,
        dry_run=job.dry_run,
        state=job.state,
        sheet=job.sheet,
        unread_sheets=job.unread_sheets,
        rows_read=job.rows_read or 0,
        rows_inserted=job.rows_inserted or 0,
        rows_updated=job.rows_updated or 0,
        rows_unchanged=job.rows_unchanged or 0,
        rows_failed=job.rows_failed or 0,
        errors_kept=job.errors_kept or 0,
        percent=100.0 if done else round(min(99.9, 100 * (job.share or 0.0)), 1),
        rows_per_s=round(job.rows_read / seconds, 1) if seconds > 0 else None,
        problem=_problem(job, language),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        file_kept_until=job.purge_at,
    )


def _problem(job: tables.ImportJob, language: str) -> FileProblem | None:
    kept = job.problem
    if kept is None:
        return None
    at = 1 if language == "en" else 0
    return FileProblem(
        type=kept["type"],
        title=kept["title"][at],
        detail=kept["detail"][at],
        errors=[each[at] for each in kept["errors"]],
    )


def row_error_shown(error: tables.ImportRowError, language: str) -> RowError:
    """One error with the name of its cell."""
    english = language == "en"
    return RowError(
        row=error.row,
        column=error.heading,
        cell=cell_name(error.row, error.place) if error.place >= 0 else None,
        value=error.value,
        type=error.slug,
        message=error.message_en if english else error.message_zh,
        remedy=error.remedy_en if english else error.remedy_zh,
    )

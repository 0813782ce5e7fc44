"""The service's side of the other process: hand it a file, take its portions as they come.

The pipe holds the process back when the database is slower, so neither side grows.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from subprocess import PIPE, Popen
from typing import IO, Any, BinaryIO

from common.errors import Text, Unavailable
from common.tabular.faults import FileFault
from common.tabular.frames import OUT_OF_MEMORY, UNREADABLE, frames, packed


class CannotFinish(FileFault):
    """The process hit its bound of memory or time."""

    slug = "file-too-costly"
    detail = Text(
        "读取文件所需的内存或时间超过上限，请拆分文件后重试。",
        "Reading the file takes more memory or time than allowed; split it and try again.",
    )


class NothingToReport(FileFault):
    """The whole file was refused, so there are no rows to give back."""

    detail = Text(
        "该文件整体无法读取，没有逐行报告；原因见导入结果的 problem。",
        "The file as a whole cannot be read, so no row is reported; see `problem` of the import.",
    )


class ChildLost(Unavailable):
    """The process was killed from outside; the same file may well be read next time."""

    slug = "file-process-lost"


class ChildBroke(RuntimeError):
    """The process ended by a fault of ours, not of the file; its words are in the log."""


@asynccontextmanager
async def _spawned(module: str, verb: str, *files: BinaryIO) -> AsyncIterator[Popen[bytes]]:
    """The process, with pipes to it. Threads wait on them; an event loop would copy each block."""
    numbers = [file.fileno() for file in files]
    process = await asyncio.to_thread(
        Popen,
        [sys.executable, "-m", module, verb, *map(str, numbers)],
        stdin=PIPE,
        stdout=PIPE,
        pass_fds=numbers,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        await asyncio.to_thread(process.wait)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


async def _send(process: Popen[bytes], message: Any) -> None:  # what JSON can say
    assert process.stdin is not None  # noqa: S101  # asked for above
    try:
        await asyncio.to_thread(_write, process.stdin, message)
    except BrokenPipeError:
        raise _end(await asyncio.to_thread(process.wait)) from None


def _write(stream: IO[bytes], message: Any) -> None:
    stream.write(packed(message))
    stream.flush()


async def _finish(process: Popen[bytes]) -> None:
    """Wait for the end and tell how it was."""
    assert process.stdin is not None  # noqa: S101  # asked for above
    process.stdin.close()
    code = await asyncio.to_thread(process.wait)
    if code != 0:
        raise _end(code)


def _end(code: int) -> Exception:
    """What a process's exit code says."""
    if code in {OUT_OF_MEMORY, -signal.SIGXCPU}:
        return CannotFinish()
    if code == UNREADABLE:
        return NothingToReport()
    if code < 0:
        return ChildLost(what=Text("文件读写进程", "the process that handles files"))
    return ChildBroke(f"the process that handles files ended with {code}")


async def portions(
    module: str, file: BinaryIO, order: Mapping[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """What the process tells of a file: headings, portions of rows and errors, or one fault."""
    async with _spawned(module, "parse", file) as process:
        assert process.stdout is not None  # noqa: S101  # asked for above
        await _send(process, order)
        told = frames(process.stdout)
        ended = False
        reading = asyncio.create_task(asyncio.to_thread(next, told, None))
        try:
            while (message := await reading) is not None:
                if message.get("fault", True) is None:
                    raise CannotFinish
                ended = ended or "end" in message or "fault" in message
                # One ahead, so that the process goes on while this one waits for the database.
                reading = asyncio.create_task(asyncio.to_thread(next, told, None))
                yield message
        finally:
            reading.cancel()
        await _finish(process)
        if not ended:
            raise ChildBroke("the process that handles files fell silent")


async def report(module: str, source: BinaryIO, target: BinaryIO, order: Mapping[str, Any]) -> None:
    """Write the report of a file's errors into `target`."""
    async with _spawned(module, "report", source, target) as process:
        await _send(process, order)
        await _finish(process)


async def export(
    module: str, target: BinaryIO, order: Mapping[str, Any], batches: AsyncIterator[list[Any]]
) -> int:
    """Write records into `target` as they come; the number written."""
    count = 0
    async with _spawned(module, "export", target) as process:
        await _send(process, order)
        async for batch in batches:
            count += len(batch)
            await _send(process, batch)
        await _finish(process)
    return count

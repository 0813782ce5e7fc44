"""`python -m common.crypto new DIRECTORY data 2026-05`: add a key; `activate`: write with it.

Two steps, because every copy of a service must know a key before one of them writes with it: `new`
leaves the present key writing, hand the directory to all copies, restart them, then `activate` and
restart again. `check` says whether production would accept the ring.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from common.crypto.keyring import KeyRing, KeyRingError, KeyUse, activate, add_key


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "new":
            add_key(asked.directory, KeyUse(asked.use), asked.id)
        elif asked.command == "activate":
            activate(asked.directory, KeyUse(asked.use), asked.id)
        else:
            KeyRing.from_directory(asked.directory).refuse_development()
    except (KeyRingError, OSError) as fault:
        sys.stdout.write(f"refused: {fault}\n")
        return 1
    sys.stdout.write("done\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m common.crypto", description="The key ring.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("new", "activate", "check"):
        command = commands.add_parser(name)
        command.add_argument("directory", type=Path)
        if name != "check":
            command.add_argument("use", choices=[use.value for use in KeyUse])
            command.add_argument("id", help="such as 2026-05")
    return parser


if __name__ == "__main__":
    sys.exit(main())

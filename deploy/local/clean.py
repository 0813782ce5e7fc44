"""Deletes a data directory of the local run: `make clean`. Refuses what is none, or is in use."""

import sys
from pathlib import Path

from deploy.local.cluster import remove_data
from deploy.local.postgres import DataDirectoryInUseError, LocalPostgres


def main(name: str) -> int:
    """0 when it is gone."""
    data_dir = Path(name)
    if not data_dir.exists():
        return 0
    if not (data_dir / "lock").exists():
        sys.stderr.write(f"{name} 不是本平台的数据目录 / is no data directory of ours\n")
        return 1
    try:
        with LocalPostgres(data_dir).locked():
            remove_data(data_dir)
    except DataDirectoryInUseError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

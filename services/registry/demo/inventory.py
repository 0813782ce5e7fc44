"""A street's inventory as the Excel files that its clerks would keep: real codes, 演示数据 inside.

`python -m registry.demo.inventory 310110019000 some/directory` writes one workbook per kind.
"""

import argparse
import csv
from importlib import resources
from pathlib import Path
from typing import Final

from common.contracts.registry.dictionaries import Dictionary
from common.tabular.forms import Words, showers
from common.tabular.writing import table
from registry.demo.city import City
from registry.demo.tables import FORMS, rows_of

STREET: Final = "310110019000"  # 五角场街道


def words() -> Words:
    """The dictionaries as they ship, by Chinese name."""
    place = resources.files("registry").joinpath("data", "dictionaries")
    return {
        dictionary: {
            row["name_zh"]: row["code"]
            for row in csv.DictReader(
                place.joinpath(f"{dictionary}.csv").read_text("utf-8").splitlines()
            )
        }
        for dictionary in Dictionary
        if dictionary is not Dictionary.SYNONYM  # words of search: no form has a column of them
    }


def write_inventory(street_code: str, directory: Path) -> list[tuple[Path, int]]:
    """Write the workbooks, in the order of import; each with the number of its rows."""
    directory.mkdir(parents=True, exist_ok=True)
    city, known = City(1.0), words()
    street = city.street(street_code)
    written = []
    for number, form in enumerate(FORMS, 1):
        path = directory / f"{number}-{form.kind}.xlsx"
        cells, count = showers(form, known), 0
        with path.open("wb") as file:
            sheet = table(file, "xlsx", [column.zh for column in form.columns])
            for record in rows_of(city, form.kind, [street]):
                sheet.write(cells(record))
                count += 1
            sheet.close()
        written.append((path, count))
    return written


def main() -> None:
    """Write one street's workbooks and say where they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("street", nargs="?", default=STREET, help="12-digit code of a town")
    parser.add_argument("directory", nargs="?", type=Path, default=Path("inventory"))
    wanted = parser.parse_args()
    for path, count in write_inventory(wanted.street, wanted.directory):
        print(f"{path}\t{count}")  # noqa: T201 - the answer of a command


if __name__ == "__main__":
    main()

"""Sales of intermediates in 2019 and in 2022 by exporter, importer and section of ISIC: what `--cells icio-2022` holds.

    python data/sources/intermediate_sales.py icio-2019-g20.csv.gz FLOWS > data/cells/icio-2022.csv

The table of 2019 is the one that the built-in baseline `icio-2019-g20` was made of, in the OECD's layout. FLOWS holds
sales of intermediates of 2022 by industry: `flows.csv` of `icio_2022.py`, compressed or not. Both are summed to the 19
countries of the G20 and the sections of `data/maps/isic-sections.csv`. Left out are sales at home and the rest of the
world, which is not the same set of countries in the two. Needs nothing but Python.
"""

import csv
import gzip
import sys
from collections import defaultdict
from pathlib import Path

MAPS = Path(__file__).parent.parent / "maps"
HEADER = """\
# Sales of intermediates between the 19 countries of the G20 by section of ISIC Rev. 4, million current USD, basic prices.
# 2019: OECD (2023), Inter-Country Input-Output Tables, 2023 edition. 2022: OECD (2025), the same, 2025 edition, as carried
# by the PyPI package sanction-simulator 0.1.4 (MIT). http://oe.cd/icio. OECD data are free to reuse with attribution (CC BY
# 4.0 for data published or updated since July 2024; earlier terms also allow reuse with credit).
# Two editions: part of the change between the years is revision. Made by data/sources/intermediate_sales.py.
"""


def rows(path):
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", newline="", encoding="utf-8") as file:
        yield from csv.reader(file)


def mapping(name, axis):
    lines = [line for line in (MAPS / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row["from"]: row["to"] for row in csv.DictReader(lines) if row["axis"] == axis}


def of_2019(path):
    """Sales by seller, buyer and section; a column of a using sector has its code behind that of the region."""
    table = rows(path)
    columns = [label.split("_", 1) for label in next(table)[1:]]
    table = {row[0]: row[1:] for row in table}
    sellers = [label.split("_", 1) for label in table if "_" in label]
    sectors = {sector for _, sector in sellers}
    sales = defaultdict(float)
    for exporter, sector in sellers:
        for label, cell in zip(columns, table[f"{exporter}_{sector}"], strict=True):
            if len(label) == 2 and label[1] in sectors:
                sales[exporter, label[0], sector] += float(cell)
    return sales, {region for region, _ in sellers} - {"ROW"}, sorted(sectors)


def of_2022(path):
    sections = mapping("isic-sections.csv", "sector")
    table = rows(path)
    if next(table) != ["exporter", "importer", "sector", "value"]:
        raise SystemExit(f"{path} has other columns than exporter, importer, sector, value")
    sales = defaultdict(float)
    for exporter, importer, sector, value in table:
        sales[exporter, importer, sections[sector]] += float(value)
    return sales


def main(old, new):
    before, regions, sectors = of_2019(old)
    after = of_2022(new)
    sys.stdout.write(HEADER)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("exporter", "importer", "sector", "2019", "2022"))
    for exporter in sorted(regions):
        for importer in sorted(regions - {exporter}):
            for sector in sectors:
                cell = exporter, importer, sector
                if before[cell] > 0 or after[cell] > 0:
                    writer.writerow((*cell, f"{before[cell]:.6g}", f"{after[cell]:.6g}"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])

"""Final and intermediate sales of 2019 by origin, at home and in all, from the G20 table.

    python data/sources/final_sales_2019.py icio-2019-g20.csv.gz > data/sources/final_sales_2019.csv

The table is the one that the built-in baseline `icio-2019-g20` was made of, in the OECD's layout, where the baseline
itself pools intermediate and final sales. Needs nothing but Python.
"""

import csv
import gzip
import sys


def main(path):
    with gzip.open(path, "rt", newline="") as file:
        rows = csv.reader(file)
        columns = [label.split("_", 1) for label in next(rows)[1:]]
        table = {row[0]: row[1:] for row in rows}
    sellers = [label.split("_", 1) for label in table if "_" in label]
    sectors = {sector for _, sector in sellers}
    writer = csv.writer(sys.stdout, lineterminator="\n")
    header = ("region", "sector", "final", "final_at_home", "intermediate", "intermediate_at_home")
    writer.writerow(header)
    for region, sector in sellers:
        sums = [0.0] * 4
        for label, cell in zip(columns, table[f"{region}_{sector}"], strict=True):
            if len(label) == 1:
                continue  # gross output
            kind = 2 if label[1] in sectors else 0
            sums[kind] += float(cell)
            if label[0] == region:
                sums[kind + 1] += float(cell)
        writer.writerow((region, sector, *(f"{value:.7g}" for value in sums)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])

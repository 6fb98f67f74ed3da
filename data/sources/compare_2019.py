"""How well final sales by buyer are estimated where they are known: the method of `icio-2022` on the table of 2019.

    python data/sources/compare_2019.py icio-2019-g20.csv.gz

Estimates final sales of 2019 from intermediate ones, once with each country's own share of final sales at home and once
with the share that the other countries' odds give it, as `icio-2022` does for countries outside the G20. Needs NumPy.
"""

import csv
import gzip
import sys

import numpy as np


def read(path):
    """Intermediate and final sales, by sector, importer and exporter."""
    with gzip.open(path, "rt", newline="") as file:
        rows = csv.reader(file)
        columns = [label.split("_", 1) for label in next(rows)[1:]]
        table = {row[0]: row[1:] for row in rows}
    sellers = [label.split("_", 1) for label in table if "_" in label]
    regions = list(dict.fromkeys(region for region, _ in sellers))
    sectors = list(dict.fromkeys(sector for _, sector in sellers))
    shape = (len(sectors), len(regions), len(regions))
    used, final = np.zeros(shape), np.zeros(shape)
    for region, sector in sellers:
        cell = sectors.index(sector), slice(None), regions.index(region)
        for label, value in zip(columns, table[f"{region}_{sector}"], strict=True):
            if len(label) == 2:
                (used if label[1] in sectors else final)[cell][regions.index(label[0])] += float(value)
    return regions, sectors, used, final


def odds(part, whole):
    share = np.clip(np.divide(part, whole, out=np.full_like(part, 0.5), where=whole > 0), 1e-3, 1 - 1e-3)
    return np.log(share / (1 - share))


def shares_of_others(sold, home, used, used_home, countries):
    """Each country's share at home by the pooled odds of all others."""
    shares = np.divide(home, sold, out=np.ones_like(home), where=sold > 0)
    distance = odds(used_home, used)
    for country in countries:
        others = [n for n in countries if n != country]
        for s in range(sold.shape[0]):
            low, high = -30.0, 30.0
            for _ in range(100):
                middle = (low + high) / 2
                sum_home = (sold[s, others] / (1 + np.exp(-distance[s, others] - middle))).sum()
                low, high = (middle, high) if sum_home < home[s, others].sum() else (low, middle)
            shares[s, country] = 1 / (1 + np.exp(-distance[s, country] - low))
    return shares


def estimate(used, sold, shares):
    final = np.zeros_like(used)
    for s, i in np.ndindex(sold.shape):
        abroad = used[s, :, i].copy()
        abroad[i] = 0
        home = shares[s, i] if abroad.sum() > 0 else 1.0
        if home < 1:
            final[s, :, i] = (1 - home) * sold[s, i] * abroad / abroad.sum()
        final[s, i, i] += home * sold[s, i]
    return final


def main(path):
    regions, _, used, final = read(path)
    at_home = lambda flows: np.einsum("sii->si", flows)
    sold, home, used_home = final.sum(axis=1), at_home(final), at_home(used)
    countries = [n for n, region in enumerate(regions) if region != "ROW"]
    own = np.divide(home, sold, out=np.ones_like(home), where=sold > 0)
    others = shares_of_others(sold, home, used.sum(axis=1), used_home, countries)
    abroad = ~np.eye(len(regions), dtype=bool)
    for name, shares in (("own shares at home", own), ("shares by the others' odds", others)):
        guess = estimate(used, sold, shares)
        flows, truth = used + guess, used + final
        error = lambda a, b: 100 * np.abs(a - b).sum() / np.abs(b).sum()
        print(name)
        print(f"  final sales abroad         {error(guess[:, abroad], final[:, abroad]):6.1f} %")
        print(f"  flows abroad               {error(flows[:, abroad], truth[:, abroad]):6.1f} %")
        print(f"  flows abroad, all sectors  {error(flows.sum(0)[abroad], truth.sum(0)[abroad]):6.1f} %")
        print(f"  all flows                  {error(flows, truth):6.1f} %")
        print(f"  final by region and sector {error(guess.sum(2), final.sum(2)):6.1f} %")
        spending = 100 * (guess.sum((0, 2)) / final.sum((0, 2)) - 1)
        low, high = spending.argmin(), spending.argmax()
        print(f"  final spending of a region {spending[low]:+.1f} % {regions[low]} to {spending[high]:+.1f} % {regions[high]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])

"""Makes the small random economies of `cases/` and the expected results of the scenarios there.

    python economies.py          writes cases/<name>/{bundle/,expected/}
    python economies.py --check  solves what is there and compares, writing nothing

Every table is an exact decimal: money is counted in ten-thousandths, so the accounting
identities hold to the last digit of what is written. Random numbers come from Python's own
generator, whose sequence for a seed is the same in every version.
"""

import csv
import random
import shutil
import sys
from pathlib import Path

from audit import audit
from solver import solve, write_table

SEED = 20240229
TOLERANCE = 1e-9
AUDIT_TOLERANCE = 1e-12
TABLES = ("regions", "sectors", "flows", "wedges_summary")
CASES = Path(__file__).parent / "cases"
REGIONS = [("ALP", "Alpha"), ("BET", "Beta"), ("GAM", "Gamma"), ("DEL", "Delta"), ("EPS", "Epsilon"), ("ZET", "Zeta")]
SECTORS = [("FOOD", "Food"), ("FUEL", "Fuel"), ("GOOD", "Goods"), ("SERV", "Services")]

# case: regions, sectors, what is special about the tables; all cases of one cap share an economy
ECONOMIES = {
    "tariff": (4, 3, "tariffs"),
    "export-tax": (3, 3, ""),
    "trade-cost": (5, 2, "tariffs"),
    "embargo": (4, 3, "tariffs"),
    "transfer": (5, 3, ""),
    "complements": (4, 4, "tariffs"),
    "substitutes": (4, 3, "tariffs"),
    "nominal-wage": (3, 3, "tariffs"),
    "real-wage": (3, 3, "tariffs"),
    "income-share": (4, 2, "tariffs"),
    "balanced": (4, 3, "tariffs"),
    "short-run": (4, 4, "tariffs"),
    "long-run": (3, 2, "tariffs"),
    "resource": (6, 3, "tariffs"),
    "prohibitive-tariff": (3, 2, "tariffs"),
    "one-sector": (2, 1, "no-inputs"),
    "sparse": (4, 4, "tariffs sparse"),
    "no-factors": (3, 3, "tariffs no-factors"),
    "shuffled": (4, 3, "tariffs shuffled"),
    "unbalanced": (3, 3, "tariffs unbalanced"),
    "quota": (4, 3, "tariffs"),
    "quota-total": (3, 3, "tariffs"),
    "quota-cell": (4, 2, "tariffs"),
    "quota-table": (5, 2, "tariffs"),
    "cap-slack": (4, 2, "tariffs economy=cap"),
    "cap-served": (4, 2, "tariffs economy=cap"),
    "cap-mixed": (4, 2, "tariffs economy=cap"),
    "cap-shadow-full": (4, 2, "tariffs economy=cap"),
    "cap-shadow-only-full": (4, 2, "tariffs economy=cap"),
    "cap-shadow-only": (4, 2, "tariffs economy=cap"),
    "cap-exporter": (4, 2, "tariffs economy=cap"),
    "cap-iceberg": (4, 2, "tariffs economy=cap"),
    "cap-several": (4, 2, "tariffs economy=cap"),
    "cap-withdrawn": (4, 2, "tariffs economy=cap"),
    "control": (5, 3, "tariffs"),
    "control-partial": (4, 3, "tariffs"),
    "settlement": (4, 2, "tariffs"),
    "nests": (5, 2, "tariffs"),
    "coalition-equal": (5, 2, "tariffs"),
    "coalition-weights": (4, 3, "tariffs"),
    "stacked": (4, 2, "tariffs"),
    "everything": (5, 3, "tariffs"),
}


def make_tables(rng, n, s, special):
    """The tables of one economy, as lists of rows; money in ten-thousandths, tariffs in percent."""
    regions, sectors = [code for code, _ in REGIONS[:n]], [code for code, _ in SECTORS[:s]]
    size = {r: rng.uniform(200, 2000) for r in regions}
    flow, tariff, inputs, final, value_added = {}, {}, {}, {}, {}
    near = {frozenset((r, to)): rng.uniform(0.5, 1.5) for r in regions for to in regions}
    for to in regions:
        for c in sectors:
            for r in regions:
                gravity = size[r] * size[to] / sum(size.values()) * near[frozenset((r, to))] * rng.uniform(0.3, 0.7)
                value = size[to] * rng.uniform(0.6, 1.4) if r == to else gravity
                none = "sparse" in special and (
                    (r, c) == ("GAM", "FUEL") or (c == "SERV" and "BET" in (r, to))
                    or (r, to, c) == ("ALP", "DEL", "FOOD"))
                flow[r, to, c] = 0 if none else round(value / s * 100) * 100
                rate = 0 if r == to or "tariffs" not in special else rng.choice([0, 0, 2, 5, 8, 12, 20, 35])
                tariff[r, to, c] = rate
    output = {(r, c): sum(flow[r, to, c] for to in regions) for r in regions for c in sectors}
    spent = {(to, c): sum(flow[r, to, c] * (100 + tariff[r, to, c]) // 100 for r in regions)
             for to in regions for c in sectors}
    for r in regions:
        for k in sectors:
            weight = [rng.uniform(0.1, 1) for _ in sectors]
            share = 0 if "no-inputs" in special or ("sparse" in special and (r, k) == ("ALP", "SERV")) \
                else rng.uniform(0.3, 0.65)
            for c, w in zip(sectors, weight):
                inputs[r, c, k] = share * w / sum(weight) * output[r, k]
        for c in sectors:  # at most 80 % of what a region buys goes into production
            wanted = sum(inputs[r, c, k] for k in sectors)
            fit = min(1.0, 0.8 * spent[r, c] / wanted) if wanted else 0.0
            for k in sectors:
                inputs[r, c, k] = int(fit * inputs[r, c, k] / 100) * 100
        if "no-factors" in special and r == "ALP":  # what FUEL earned, it now spends on GOOD, from final demand
            inputs[r, "GOOD", "FUEL"] += output[r, "FUEL"] - sum(inputs[r, c, "FUEL"] for c in sectors)
        for c in sectors:
            final[r, c] = spent[r, c] - sum(inputs[r, c, k] for k in sectors)
            value_added[r, c] = output[r, c] - sum(inputs[r, k, c] for k in sectors)
    assert min(final.values()) >= 0 and min(value_added.values()) >= 0
    if "unbalanced" in special:
        for entries in (inputs, value_added, final):
            for key in entries:
                entries[key] = round(entries[key] * rng.uniform(0.9, 1.1))
    head = {"flows": (flow, "exporter,importer,sector,value"), "tariffs": (tariff, "exporter,importer,sector,rate"),
            "inputs": (inputs, "region,input,user,value"), "final": (final, "region,sector,value"),
            "value_added": (value_added, "region,sector,value")}
    out = {}
    for name, (entries, columns) in head.items():
        scale = 100 if name == "tariffs" else 10000
        rows = [[*key, f"{value / scale:.{4}f}".rstrip("0").rstrip(".")] for key, value in entries.items() if value]
        if "shuffled" in special:
            rng.shuffle(rows)
        if rows or name in ("flows", "inputs", "final", "value_added"):
            out[name] = [columns.split(","), *rows]
    return out


def write_rows(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def make_case(name):
    n, s, special = ECONOMIES[name]
    economy = next((word[8:] for word in special.split() if word.startswith("economy=")), name)
    rng = random.Random(f"{SEED} {economy}")
    folder = CASES / name
    for made in ("bundle", "expected"):
        shutil.rmtree(folder / made, ignore_errors=True)
        (folder / made).mkdir()
    for table, rows in make_tables(rng, n, s, special).items():
        write_rows(folder / "bundle" / f"{table}.csv", rows)
    regions, sectors = REGIONS[:n], SECTORS[:s]
    if "shuffled" in special:
        regions, sectors = regions[::-1], sectors[::-1]
    lines = [f'name = "{name}"', f'title = "Random economy for the case {name}"', "year = 2000", 'unit = "million USD"',
             f'source = "made up by economies.py, seed {SEED}"', 'licence = "CC0-1.0"', 'citation = "none needed"']
    for kind, entries in (("region", regions), ("sector", sectors)):
        for code, label in entries:
            lines += [f"[[{kind}]]", f'code = "{code}"', f'name = "{label}"']
    (folder / "bundle" / "baseline.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = solve(folder / "bundle", folder / "scenario.toml")
    for table in TABLES:
        if result[table]:
            write_table(folder / "expected" / f"{table}.csv", result[table])
    return audited(name, result)


def audited(name, result):
    """The largest violation of an equation or a condition."""
    worst, where = audit(result)
    if not worst < AUDIT_TOLERANCE:
        sys.exit(f"{name}: {where} is off by {worst:.1e}")
    return worst


def check_case(name):
    """The largest difference from what is expected, in units of max(1, |expected|), and the largest violation."""
    folder = CASES / name
    result = solve(folder / "bundle", folder / "scenario.toml")
    worst = 0.0
    for table in TABLES:
        path, expected = folder / "expected" / f"{table}.csv", []
        if path.exists():
            with open(path, newline="", encoding="utf-8") as file:
                expected = list(csv.DictReader(file))
        assert len(expected) == len(result[table])
        for row, want in zip(result[table], expected):
            for key, text in want.items():
                if isinstance(row[key], str) or not text:
                    assert row[key] == text or row[key] != row[key], (name, table, want)
                else:
                    worst = max(worst, abs(row[key] - float(text)) / max(1.0, abs(float(text))))
    audited(name, result)
    return worst


def main():
    checking = "--check" in sys.argv[1:]
    folders = {folder.name for folder in CASES.iterdir()}
    if folders != set(ECONOMIES):
        sys.exit(f"cases without an economy, or without a scenario: {sorted(folders ^ set(ECONOMIES))}")
    for name in ECONOMIES:
        number = check_case(name) if checking else make_case(name)
        print(f"{name:20} {'difference' if checking else 'violation'} {number:.1e}")
        if number > TOLERANCE:
            sys.exit(f"{name} is off")


if __name__ == "__main__":
    main()

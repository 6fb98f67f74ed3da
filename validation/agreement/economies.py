"""Makes the small random economies of `cases/`, their scenarios, and the expected results.

    python economies.py          writes cases/<name>/{bundle/,scenario.toml,expected/}
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

# All cases of one cap share an economy (`economy=cap`); the policy goes on in the case.
CAP = """
[groups]
wall = ["ALP", "BET", "GAM"]
[model]
trade_elasticity = { default = 4.0, FUEL = 1.5 }
production_elasticity = 0.5
final_elasticity = 0.6
specific_factor_share = { FUEL = 0.9 }
[[policy]]
kind = "price-cap"
exporter = "DEL"
importer = "wall"
sector = "FUEL"
""".rstrip("\n")

# case: file: the table beside its scenario
FILES = {
    "tariff": {"tariffs.csv": [
        ["exporter", "importer", "sector", "rate"],
        ["BET", "ALP", "FUEL", 0.33], ["BET", "GAM", "FOOD", 0], ["GAM", "BET", "FUEL", 0.07]]},
    "quota-cell": {"quotas.csv": [
        ["exporter", "importer", "sector", "quantity"],
        ["GAM", "ALP", "FOOD", 0.5], ["GAM", "BET", "FOOD", 0.75], ["DEL", "BET", "FUEL", 0.35],
        ["DEL", "ALP", "FUEL", 0], ["ALP", "BET", "FUEL", 1.5]]},
    "quota-table": {"quotas.csv": [
        ["exporter", "importer", "sector", "quantity"],
        ["DEL", "ALP", "FUEL", 0.3], ["DEL", "BET", "FUEL", 0.8], ["DEL", "GAM", "FUEL", 0],
        ["GAM", "DEL", "FOOD", 0.9], ["GAM", "EPS", "FOOD", 1.1], ["BET", "EPS", "FOOD", 1.3]]},
}

# case: regions, sectors, what is special about the tables, the scenario below its baseline
SCENARIOS = {
    "tariff": (4, 3, "tariffs", """
[groups]
north = ["ALP", "BET"]
[model]
trade_elasticity = { default = 4.0, FUEL = 8.0 }
[[policy]]
kind = "tariff"
exporter = "GAM"
importer = "north"
sector = ["FOOD", "GOOD"]
rate = 0.25
[[policy]]
kind = "tariff"
exporter = { not = "north" }
importer = "DEL"
sector = "*"
add = 0.1
[[policy]]
kind = "tariff"
file = "tariffs.csv"
"""),
    "export-tax": (3, 3, "", """
[model]
trade_elasticity = 3.0
final_elasticity = 1.5
[[policy]]
kind = "export-tax"
exporter = "ALP"
importer = "*"
sector = "FUEL"
rate = 0.3
[[policy]]
kind = "export-tax"
exporter = "BET"
importer = ["ALP", "GAM"]
sector = "GOOD"
rate = -0.1
[[policy]]
kind = "export-tax"
exporter = "ALP"
importer = "GAM"
sector = "FUEL"
add = 0.05
"""),
    "trade-cost": (5, 2, "tariffs", """
[groups]
east = ["DEL", "EPS"]
wide = ["GAM", "DEL", "EPS"]
[model]
trade_elasticity = 5.0
[[policy]]
kind = "trade-cost"
exporter = "east"
importer = "wide"
sector = "*"
both_ways = true
change = 0.4
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = "BET"
sector = "FOOD"
both_ways = true
change = -0.15
[[policy]]
kind = "trade-cost"
exporter = "GAM"
importer = "*"
sector = "FUEL"
change = 0.1
[[policy]]
kind = "trade-cost"
exporter = "wide"
importer = "wide"
sector = "FUEL"
domestic = true
change = 0.05
"""),
    "embargo": (4, 3, "tariffs", """
[groups]
wall = ["ALP", "BET"]
[model]
trade_elasticity = 4.0
specific_factor_share = { FUEL = 0.6 }
[[policy]]
kind = "embargo"
exporter = "DEL"
importer = "wall"
sector = "FUEL"
[[policy]]
kind = "embargo"
exporter = "wall"
importer = "DEL"
sector = "GOOD"
share = 0.7
[[policy]]
kind = "supplier-exit"
exporter = ["ALP", "GAM"]
importer = "DEL"
sector = ["GOOD", "FOOD"]
share = 0.4
"""),
    "transfer": (5, 3, "", """
[groups]
donors = ["ALP", "BET"]
others = ["GAM", "DEL", "EPS"]
[model]
trade_elasticity = 6.0
specific_factor_share = 0.3
[[policy]]
kind = "transfer"
from = "donors"
to = "GAM"
million_usd = 25.0
[[policy]]
kind = "transfer"
from = "donors"
to = "others"
share_of_income = 0.02
[[policy]]
kind = "sector-tax"
region = "DEL"
sector = "FUEL"
rate = 0.5
"""),
    "complements": (4, 4, "tariffs", """
[model]
trade_elasticity = { default = 4.0, SERV = 2.0 }
production_elasticity = { default = 0.3, SERV = 0.8 }
input_elasticity = 0.1
final_elasticity = 0.4
[[policy]]
kind = "productivity"
region = ["ALP", "BET"]
sector = "FUEL"
change = -0.3
[[policy]]
kind = "productivity"
region = "ALP"
sector = "*"
change = 0.05
[[policy]]
kind = "demand-shift"
region = "*"
sector = "FOOD"
change = 0.5
[[policy]]
kind = "demand-shift"
region = "GAM"
sector = ["FOOD", "SERV"]
change = -0.2
"""),
    "substitutes": (4, 3, "tariffs", """
[model]
trade_elasticity = 7.0
production_elasticity = { default = 1.0, GOOD = 3.0, FUEL = 2.0 }
input_elasticity = { default = 2.5, FOOD = 1.0 }
final_elasticity = 4.0
specific_factor_share = { default = 0.2, FUEL = 0.5 }
[[policy]]
kind = "tariff"
exporter = "*"
importer = "ALP"
sector = "*"
add = 0.15
[[policy]]
kind = "export-tax"
exporter = "BET"
importer = "*"
sector = "*"
rate = 0.2
[[policy]]
kind = "trade-cost"
exporter = "GAM"
importer = { not = "BET" }
sector = "FUEL"
change = 0.3
"""),
    "nominal-wage": (3, 3, "tariffs", """
[model]
trade_elasticity = 4.0
labour = "fixed-nominal-wage"
specific_factor_share = { FUEL = 0.5 }
production_elasticity = 0.5
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = "BET"
sector = "*"
both_ways = true
change = 0.2
[[policy]]
kind = "tariff"
exporter = "GAM"
importer = "*"
sector = "GOOD"
add = 0.1
"""),
    "real-wage": (3, 3, "tariffs", """
[model]
trade_elasticity = 4.0
labour = "fixed-real-wage"
specific_factor_share = { default = 0.4, FUEL = 0.7 }
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = "BET"
sector = "*"
both_ways = true
change = 0.2
[[policy]]
kind = "productivity"
region = "GAM"
sector = "GOOD"
change = 0.1
"""),
    "income-share": (4, 2, "tariffs", """
[model]
trade_elasticity = 4.0
deficits = "income-share"
final_elasticity = 0.7
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = ["BET", "DEL"]
sector = "*"
both_ways = true
change = 0.5
[[policy]]
kind = "transfer"
from = "GAM"
to = "ALP"
share_of_income = 0.05
"""),
    "balanced": (4, 3, "tariffs", """
[model]
trade_elasticity = 4.0
deficits = "balanced"
specific_factor_share = { FUEL = 0.5 }
production_elasticity = 0.6
[[policy]]
kind = "tariff"
exporter = "*"
importer = "GAM"
sector = "*"
rate = 0.3
[[policy]]
kind = "transfer"
from = "BET"
to = ["ALP", "DEL"]
share_of_income = 0.01
"""),
    "short-run": (4, 4, "tariffs", """
[groups]
wall = ["ALP", "BET"]
[model]
trade_elasticity = 0.5
production_elasticity = 0.2
input_elasticity = 0.1
final_elasticity = 0.5
specific_factor_share = 0.9
[[policy]]
kind = "embargo"
exporter = "DEL"
importer = "wall"
sector = "FUEL"
share = 0.8
[[policy]]
kind = "trade-cost"
exporter = "wall"
importer = "DEL"
sector = "GOOD"
change = 0.6
"""),
    "long-run": (3, 2, "tariffs", """
[model]
trade_elasticity = 20.0
[[policy]]
kind = "tariff"
exporter = "BET"
importer = "ALP"
sector = "*"
rate = 0.2
[[policy]]
kind = "trade-cost"
exporter = "*"
importer = "GAM"
sector = "FUEL"
change = -0.08
"""),
    "resource": (6, 3, "tariffs", """
[groups]
wall = ["ALP", "BET", "GAM"]
[model]
trade_elasticity = { default = 4.0, FUEL = 10.0 }
specific_factor_share = { FUEL = 0.5, "DEL.FUEL" = 0.95, "EPS.FOOD" = 0.3 }
[[policy]]
kind = "embargo"
exporter = "DEL"
importer = "wall"
sector = "FUEL"
[[policy]]
kind = "export-tax"
exporter = "DEL"
importer = { not = ["ALP", "BET", "GAM"] }
sector = "FUEL"
rate = 0.1
[[policy]]
kind = "tariff"
exporter = "wall"
importer = "DEL"
sector = "*"
add = 0.2
[[policy]]
kind = "demand-shift"
region = "ZET"
sector = "FUEL"
change = 0.3
[[policy]]
kind = "transfer"
from = "wall"
to = "ZET"
million_usd = 12.5
"""),
    "prohibitive-tariff": (3, 2, "tariffs", """
[model]
trade_elasticity = 4.0
[[policy]]
kind = "tariff"
exporter = "BET"
importer = "ALP"
sector = "*"
rate = 10000
"""),
    "one-sector": (2, 1, "no-inputs", """
[model]
trade_elasticity = 2.5
deficits = "balanced"
[[policy]]
kind = "trade-cost"
exporter = "*"
importer = "*"
sector = "*"
change = 1.0
"""),
    # GAM has no FUEL; SERV of ALP buys nothing; BET neither makes nor buys SERV; no FOOD from ALP to DEL.
    "sparse": (4, 4, "tariffs sparse", """
[model]
trade_elasticity = 4.0
production_elasticity = 0.5
input_elasticity = 0.3
final_elasticity = 0.8
specific_factor_share = { FUEL = 0.8, SERV = 0.1 }
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = "*"
sector = "*"
both_ways = true
change = 0.25
[[policy]]
kind = "embargo"
exporter = "DEL"
importer = "GAM"
sector = "FUEL"
"""),
    # FUEL of ALP has no value added: it resells its inputs.
    "no-factors": (3, 3, "tariffs no-factors", """
[model]
trade_elasticity = 4.0
specific_factor_share = { FUEL = 0.5 }
[[policy]]
kind = "tariff"
exporter = "*"
importer = "ALP"
sector = "FUEL"
rate = 0.5
"""),
    "shuffled": (4, 3, "tariffs shuffled", """
[model]
trade_elasticity = { default = 3.0, GOOD = 6.0 }
final_elasticity = 1.2
[[policy]]
kind = "tariff"
exporter = "DEL"
importer = ["ALP", "BET"]
sector = "*"
rate = 0.4
[[policy]]
kind = "supplier-exit"
exporter = "ALP"
importer = "DEL"
sector = "GOOD"
share = 1.0
"""),
    "unbalanced": (3, 3, "tariffs unbalanced", """
[model]
trade_elasticity = 4.0
deficits = "balanced"
unbalanced = "accept"
[[policy]]
kind = "tariff"
exporter = "*"
importer = "BET"
sector = "*"
rate = 0.0
"""),
    "quota": (4, 3, "tariffs", """
[groups]
sellers = ["BET", "GAM", "DEL"]
[model]
trade_elasticity = { default = 4.0, FOOD = 6.0 }
specific_factor_share = { FOOD = 0.3 }
[[policy]]
kind = "quota"
exporter = "sellers"
importer = ["ALP", "DEL"]
sector = ["FOOD", "GOOD"]
quantity = 0.9
[[policy]]
kind = "tariff"
exporter = "GAM"
importer = "ALP"
sector = "*"
add = 0.1
[[policy]]
kind = "tariff"
exporter = ["BET", "DEL"]
importer = "*"
sector = "GOOD"
add = 0.25
"""),
    "quota-total": (3, 3, "tariffs", """
[model]
trade_elasticity = 5.0
labour = "fixed-nominal-wage"
production_elasticity = 0.6
[[policy]]
kind = "export-tax"
exporter = "BET"
importer = "*"
sector = "*"
rate = 0.08
[[policy]]
kind = "quota"
exporter = ["BET", "GAM"]
importer = "ALP"
sector = ["FUEL", "GOOD"]
quantity = 0.6
per = "total"
rent_to_exporter = 0.4
"""),
    "quota-cell": (4, 2, "tariffs", """
[model]
trade_elasticity = 3.0
specific_factor_share = 0.4
[[policy]]
kind = "quota"
file = "quotas.csv"
per = "cell"
rent_to_exporter = 1.0
[[policy]]
kind = "supplier-exit"
exporter = "GAM"
importer = "ALP"
sector = "FOOD"
share = 0.4
[[policy]]
kind = "tariff"
exporter = "*"
importer = "BET"
sector = "FUEL"
rate = 0.3
"""),
    # Rows of the table that share an exporter and sector share a wedge; the second policy is an embargo.
    "quota-table": (5, 2, "tariffs", """
[model]
trade_elasticity = 4.0
final_elasticity = 0.7
[[policy]]
kind = "quota"
file = "quotas.csv"
rent_to_exporter = 0.25
[[policy]]
kind = "quota"
exporter = "EPS"
importer = ["ALP", "BET"]
sector = "FOOD"
quantity = 0.0
"""),
    "cap-slack": (4, 2, "tariffs economy=cap", CAP + """
cap = 1.01
shadow_capacity = 0.3
shadow_cost = 0.2
[[policy]]
kind = "tariff"
exporter = "DEL"
importer = "wall"
sector = "FUEL"
add = 0.1
"""),
    "cap-served": (4, 2, "tariffs economy=cap", CAP + """
cap_usd = 60.0
reference_usd = 62.5
[[policy]]
kind = "export-tax"
exporter = "DEL"
importer = "*"
sector = "FUEL"
rate = 0.03
"""),
    "cap-mixed": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.9142
shadow_capacity = 0.5
shadow_cost = 0.3
shadow_owner = "ALP"
[[policy]]
kind = "export-tax"
exporter = "DEL"
importer = "*"
sector = "FUEL"
rate = 0.02
"""),
    "cap-shadow-full": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.95
shadow_capacity = 0.3
shadow_cost = 0.1
[[policy]]
kind = "export-tax"
exporter = "DEL"
importer = "*"
sector = "FUEL"
rate = 0.02
"""),
    "cap-shadow-only-full": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.8
shadow_capacity = 0.3
shadow_cost = 0.1
[[policy]]
kind = "tariff"
exporter = "DEL"
importer = "ALP"
sector = "FUEL"
rate = 0.0
"""),
    "cap-shadow-only": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.9
shadow_capacity = 0.8
shadow_cost = 0.3
"""),
    "cap-exporter": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.95
shadow_capacity = 0.25
shadow_cost = 0.1
shadow_owner = "exporter"
"""),
    "cap-iceberg": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.92
shadow_capacity = 0.3
shadow_cost = 0.15
shadow_owner = "iceberg"
"""),
    # `served`, `mixed` and `shadow-only` are all equilibria; the first ships least outside.
    "cap-several": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.91
shadow_capacity = 0.9
shadow_cost = 0.3
shadow_owner = "exporter"
"""),
    "cap-withdrawn": (4, 2, "tariffs economy=cap", CAP + """
cap = 0.7
"""),
    "control": (5, 3, "tariffs", """
[groups]
wall = ["ALP", "BET"]
[model]
trade_elasticity = { default = 4.0, GOOD = 6.0 }
specific_factor_share = { FUEL = 0.5 }
[[policy]]
kind = "export-control"
exporter = "wall"
importer = "DEL"
sector = ["GOOD", "FOOD"]
hubs = ["GAM", "EPS"]
hub_share = { GAM = 0.02, EPS = 0.05 }
route_elasticity = 3.0
enforcement = { GAM = 0.1 }
hub_margin = { GAM = 0.2, EPS = 0.35 }
[[policy]]
kind = "tariff"
exporter = "wall"
importer = "DEL"
sector = "GOOD"
add = 0.15
[[policy]]
kind = "export-tax"
exporter = "ALP"
importer = "DEL"
sector = "*"
rate = 0.1
"""),
    "control-partial": (4, 3, "tariffs", """
[model]
trade_elasticity = 5.0
production_elasticity = 0.4
[[policy]]
kind = "export-control"
exporter = ["ALP", "BET"]
importer = "DEL"
sector = "GOOD"
share = 0.6
hubs = ["GAM"]
hub_share = 0.1
route_elasticity = 8.0
enforcement = 0.05
hub_margin = 0.15
[[policy]]
kind = "trade-cost"
exporter = "ALP"
importer = "DEL"
sector = "*"
change = 0.1
"""),
    "settlement": (4, 2, "tariffs", """
[model]
trade_elasticity = 4.0
[[policy]]
kind = "settlement"
exporter = "DEL"
importer = ["ALP", "BET"]
sector = "*"
both_ways = true
currency_elasticity = 2.5
[policy.currencies]
USD = { share = 0.6, change = 0.4 }
EUR = { share = 0.25, change = 0.2 }
CNY = { share = 0.15, change = 0.0 }
[[policy]]
kind = "settlement"
exporter = "DEL"
importer = "GAM"
sector = "FUEL"
currencies = { USD = { share = 0.5, change = 0.4 }, CNY = { share = 0.5, change = -0.05 } }
currency_elasticity = 6.0
"""),
    # Three nests on the same cells: two export controls, one of them partial, and a settlement.
    "nests": (5, 2, "tariffs", """
[model]
trade_elasticity = { default = 3.0, FUEL = 5.0 }
[[policy]]
kind = "export-control"
exporter = "ALP"
importer = "DEL"
sector = "*"
share = 0.7
hubs = ["GAM", "EPS"]
hub_share = 0.08
route_elasticity = 4.0
hub_margin = 0.25
[[policy]]
kind = "settlement"
exporter = "DEL"
importer = "ALP"
sector = "*"
both_ways = true
currencies = { USD = { share = 0.7, change = 0.5 }, CNY = { share = 0.3, change = 0.02 } }
currency_elasticity = 3.0
[[policy]]
kind = "export-control"
exporter = ["ALP", "BET"]
importer = "DEL"
sector = "FUEL"
share = 0.5
hubs = ["GAM"]
hub_share = 0.2
route_elasticity = 6.0
enforcement = 0.1
hub_margin = 0.1
"""),
    "coalition-equal": (5, 2, "tariffs", """
[groups]
club = ["ALP", "BET", "GAM"]
[model]
trade_elasticity = 4.0
deficits = "income-share"
[[policy]]
kind = "trade-cost"
exporter = "club"
importer = "DEL"
sector = "*"
both_ways = true
change = 0.6
[[policy]]
kind = "coalition-transfer"
members = "club"
rule = "equal-welfare"
[[policy]]
kind = "transfer"
from = "DEL"
to = "BET"
share_of_income = 0.01
"""),
    "coalition-weights": (4, 3, "tariffs", """
[model]
trade_elasticity = 5.0
deficits = "balanced"
specific_factor_share = { FUEL = 0.6 }
[[policy]]
kind = "embargo"
exporter = "DEL"
importer = "*"
sector = "FUEL"
[[policy]]
kind = "coalition-transfer"
members = ["ALP", "BET", "GAM"]
rule = "weights"
weights = { ALP = 0.5, BET = 0.5, GAM = 0.0 }
"""),
    # A quota inside a cap on some cells, outside it on others.
    "stacked": (4, 2, "tariffs", """
[model]
trade_elasticity = { default = 3.0, FUEL = 1.5 }
production_elasticity = 0.5
final_elasticity = 0.6
specific_factor_share = { FUEL = 0.9 }
[[policy]]
kind = "export-tax"
exporter = ["GAM", "DEL"]
importer = "*"
sector = "FUEL"
rate = 0.02
[[policy]]
kind = "quota"
exporter = "DEL"
importer = "ALP"
sector = "FUEL"
quantity = 0.3
rent_to_exporter = 0.7
[[policy]]
kind = "price-cap"
exporter = ["GAM", "DEL"]
importer = ["ALP", "BET"]
sector = "FUEL"
cap = 0.97
shadow_capacity = 0.3
shadow_cost = 0.15
[[policy]]
kind = "quota"
exporter = "GAM"
importer = "BET"
sector = "FUEL"
quantity = 0.2
rent_to_exporter = 0.2
"""),
    "everything": (5, 3, "tariffs", """
[groups]
wall = ["ALP", "BET"]
[model]
trade_elasticity = { default = 4.0, FUEL = 1.2 }
production_elasticity = { default = 0.5, FUEL = 0.2 }
input_elasticity = 0.3
final_elasticity = 0.6
specific_factor_share = { default = 0.2, FUEL = 0.9 }
deficits = "income-share"
[[policy]]
kind = "tariff"
exporter = "DEL"
importer = "wall"
sector = "*"
add = 0.1
[[policy]]
kind = "export-tax"
exporter = "DEL"
importer = "*"
sector = "FUEL"
rate = 0.02
[[policy]]
kind = "price-cap"
exporter = "DEL"
importer = "*"
sector = "FUEL"
cap = 0.97
shadow_capacity = 0.15
shadow_cost = 0.1
shadow_owner = "EPS"
[[policy]]
kind = "quota"
exporter = "DEL"
importer = "ALP"
sector = ["FUEL", "FOOD"]
quantity = 0.18
rent_to_exporter = 0.3
[[policy]]
kind = "export-control"
exporter = "wall"
importer = "DEL"
sector = "GOOD"
share = 0.8
hubs = ["EPS"]
hub_share = 0.06
route_elasticity = 5.0
enforcement = 0.08
hub_margin = 0.2
[[policy]]
kind = "quota"
exporter = "BET"
importer = "DEL"
sector = "GOOD"
quantity = 0.1
rent_to_exporter = 0.5
[[policy]]
kind = "settlement"
exporter = "DEL"
importer = "wall"
sector = "*"
both_ways = true
currencies = { USD = { share = 0.8, change = 0.15 }, CNY = { share = 0.2, change = 0.0 } }
currency_elasticity = 3.0
[[policy]]
kind = "embargo"
exporter = "wall"
importer = "DEL"
sector = "FUEL"
share = 0.5
[[policy]]
kind = "trade-cost"
exporter = "GAM"
importer = "DEL"
sector = "*"
change = 0.1
[[policy]]
kind = "coalition-transfer"
members = "wall"
rule = "equal-welfare"
[[policy]]
kind = "coalition-transfer"
members = ["GAM", "EPS"]
rule = "weights"
weights = { GAM = 0.3, EPS = 0.7 }
"""),
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
    n, s, special, scenario = SCENARIOS[name]
    economy = next((word[8:] for word in special.split() if word.startswith("economy=")), name)
    rng = random.Random(f"{SEED} {economy}")
    folder = CASES / name
    (folder / "bundle").mkdir(parents=True)
    (folder / "expected").mkdir()
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
    (folder / "scenario.toml").write_text(f'title = "{name}"\nbaseline = "bundle"\n{scenario.lstrip()}', encoding="utf-8")
    for table, rows in FILES.get(name, {}).items():
        write_rows(folder / table, rows)
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
    if not checking and CASES.exists():
        shutil.rmtree(CASES)
    for name in SCENARIOS:
        number = check_case(name) if checking else make_case(name)
        print(f"{name:20} {'difference' if checking else 'violation'} {number:.1e}")
        if number > TOLERANCE:
            sys.exit(f"{name} is off")


if __name__ == "__main__":
    main()

"""Bundles and scenarios of Viner, read for the peers by the reader of the reference solver."""

import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "agreement"))

import solver  # noqa: E402

# Bytes of a table from which on loading pandas is less than what it saves.
LARGE = 1 << 20


def read(bundle, scenario):
    """The economy, the parameters and the shock of a scenario; arrays are [exporter, importer, sector]."""
    text = Path(scenario).read_text(encoding="utf-8")
    scenario = tomllib.loads(text)
    economy, defaults = solver.read_bundle(bundle, dense=dense)
    parameters = solver.read_parameters(economy, defaults, scenario.get("model", {}))
    return economy, parameters, solver.read_shock(economy, scenario, Path(bundle))


def dense(folder, name, places, column):
    """`solver.dense`; large tables are read by pandas."""
    path = folder / f"{name}.csv"
    if not path.exists() or path.stat().st_size < LARGE:
        return solver.dense(folder, name, places, column)
    import numpy as np
    import pandas

    types = dict.fromkeys(places, "category") | {column: float}
    rows = pandas.read_csv(path, usecols=list(types), dtype=types, keep_default_na=False)

    def positions(axis, codes):
        return np.array([codes[code] for code in rows[axis].cat.categories])[rows[axis].cat.codes]

    out = np.zeros([len(codes) for codes in places.values()])
    np.add.at(out, tuple(positions(*place) for place in places.items()), rows[column].to_numpy())
    return out


def welfare(economy, income, log_price_index):
    """Change of real final spending by region, from incomes and logs of consumer prices."""
    import numpy as np

    hat = income / economy.income / np.exp(log_price_index)
    return dict(zip(economy.regions, (hat - 1).tolist()))

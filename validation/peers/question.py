"""Bundles and scenarios of Viner, read for the peers by the reader of the reference solver."""

import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "agreement"))

import solver  # noqa: E402


def read(bundle, scenario):
    """The economy, the parameters and the shock of a scenario; arrays are [exporter, importer, sector]."""
    text = Path(scenario).read_text(encoding="utf-8")
    scenario = tomllib.loads(text)
    economy, defaults = solver.read_bundle(bundle)
    parameters = solver.read_parameters(economy, defaults, scenario.get("model", {}))
    return economy, parameters, solver.read_shock(economy, scenario, Path(bundle))


def welfare(economy, income, log_price_index):
    """Change of real final spending by region, from incomes and logs of consumer prices."""
    import numpy as np

    hat = income / economy.income / np.exp(log_price_index)
    return dict(zip(economy.regions, (hat - 1).tolist()))

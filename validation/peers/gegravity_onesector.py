"""`OneSectorGE` of gegravity: an endowment economy with one good per region.

    python gegravity_onesector.py BUNDLE SCENARIO

The bundle has one sector without inputs (`one_sector.py` makes it). Costs are set so that the package's
baseline is the bundle's trade. In its equations the shares of regions in world output and spending stay
those of the baseline, and spending is a fixed multiple of output: its numbers are near Viner's, not equal.
"""

import argparse
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")

import gegravity  # noqa: E402

import question  # noqa: E402
from contender import contend  # noqa: E402


def set_up(bundle, scenario):
    e, p, shock = question.read(bundle, scenario)
    if len(e.sectors) != 1 or e.input_share.any() or shock.tariff.any():
        raise ValueError("one sector without inputs, and trade costs")
    flow = e.flow[:, :, 0]
    output, spending = flow.sum(1), flow.sum(0)
    cost = np.log(flow * output.sum() / np.outer(output, spending))
    i, n = np.meshgrid(e.regions, e.regions, indexing="ij")
    table = pd.DataFrame({
        "exporter": i.ravel(), "importer": n.ravel(), "year": "2019", "trade": flow.ravel(), "cost": cost.ravel(),
        "Y": np.repeat(output, len(output)), "E": np.tile(spending, len(output))})
    change = -p.theta[0] * np.log(shock.kappa[:, :, 0]).ravel()
    return {"economy": e, "table": table, "change": change, "sigma": 1 + p.theta[0]}


def build(problem):
    """A solve uses its model up, so each gets a new one."""
    baseline = gegravity.BaselineData(problem["table"].copy(), trade_var_name="trade", expend_var_name="E",
                                      output_var_name="Y")
    estimates = pd.DataFrame({"variable": ["cost"], "coefficient": [1.0], "error": [0.0]})
    costs = gegravity.CostCoeffs(estimates, "variable", "coefficient", "error")
    model = gegravity.OneSectorGE(
        baseline, year="2019", reference_importer=problem["economy"].regions[0], sigma=problem["sigma"],
        cost_variables=["cost"], cost_coeff_values=costs, quiet=True)
    model.build_baseline(mr_tolerance=1e-10)
    experiment = problem["table"].copy()
    experiment["cost"] += problem["change"]
    problem["model"], problem["experiment"] = model, experiment


def solve(problem):
    model = problem["model"]
    model.define_experiment(problem["experiment"])
    model.simulate(ge_tolerance=1e-10, ge_max_iter=100_000)
    return model


def told(problem, model):
    residual = float(np.abs(model.solver_diagnostics["full_GE"].fun).max())
    real = model.country_results["welfare statistic"]
    return {"tolerance": residual, "evaluations": int(model.solver_diagnostics["full_GE"].nfev),
            "welfare": {code: 1 / real[code] - 1 for code in problem["economy"].regions}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("scenario")
    args = parser.parse_args()
    contend("gegravity OneSectorGE", version("gegravity"),
            lambda: set_up(args.bundle, args.scenario), solve, told, before=build)


if __name__ == "__main__":
    main()

"""`CaliendoParroModel` of puremacro: the model of Viner's defaults, solved by wage adjustment.

    python puremacro_cp.py BUNDLE SCENARIO

Its equations are Viner's with Cobb-Douglas production, mobile labour and fixed deficits, so the numbers
must agree. It recomputes the baseline from shares, which is the baseline given.
"""

import argparse
from importlib.metadata import version

import numpy as np
from puremacro.trade.caliendo_parro import CaliendoParroModel

import question
from contender import contend


def set_up(bundle, scenario):
    e, p, shock = question.read(bundle, scenario)
    if np.any(p.sigma != 1) or np.any(p.epsilon != 1) or p.eta != 1 or np.any(p.phi != 0) or np.any(shock.keep != 1):
        raise ValueError("only tariffs and trade costs with elasticities of 1 and mobile factors")
    by_sector = (2, 1, 0)  # [exporter, importer, sector] to [sector, importer, exporter]
    world = e.value_added.sum()  # its test is absolute besides relative: money in shares of the world's income
    model = CaliendoParroModel(
        e.trade_share.transpose(by_sector), e.value_added_share, e.input_share.transpose(0, 2, 1), e.final_share,
        p.theta, e.value_added.sum(1) / world, e.deficit / world, 1 + e.tariff.transpose(by_sector),
        e.regions, e.sectors)
    return e, model, 1 + shock.tariff.transpose(by_sector), shock.kappa.transpose(by_sector)


def solve(problem):
    _, model, tariffs, costs = problem
    return model.solve_counterfactual(tariffs_new=tariffs, d_hat=costs, tol=1e-10)


def told(problem, result):
    e = problem[0]
    return {"tolerance": result.max_residual, "evaluations": result.iterations, "converged": result.converged,
            "welfare": dict(zip(e.regions, (result.welfare_hat - 1).tolist()))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("scenario")
    args = parser.parse_args()
    contend("puremacro CaliendoParroModel", version("puremacro"),
            lambda: set_up(args.bundle, args.scenario), solve, told)


if __name__ == "__main__":
    main()

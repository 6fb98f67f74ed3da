"""`solve_ces_block_newton` of puremacro: its fastest solver, of another model.

    python puremacro_ces.py BUNDLE SCENARIO

The model is a table of M = regions x sectors cells by origin and user, with capital and labour,
nested CES production and final demand in fixed proportions. The table is the bundle's, its imports
spread over users in proportion; elasticities are Viner's where the model has one that corresponds.
"""

import argparse
from importlib.metadata import version

import numpy as np
from puremacro.trade.calibration import calibrate_trade_model
from puremacro.trade.ces_newton import NestedCESTechnology, solve_ces_block_newton

import question
from contender import contend

LABOUR_SHARE = 0.6  # of value added; the split only names two factors


def set_up(bundle, scenario):
    e, p, shock = question.read(bundle, scenario)
    if np.ptp(p.theta) or np.any(p.sigma != 1) or np.any(p.epsilon != 1) or np.any(shock.kappa != 1):
        raise ValueError("only tariffs, one trade elasticity, Cobb-Douglas production")
    n, k = e.output.shape
    cells = n * k
    use = np.einsum("ins,nsk->isnk", e.trade_share, e.input_share).reshape(cells, cells) * e.output.ravel()
    final = np.einsum("ins,ns->isn", e.trade_share, e.final_share * e.income[:, None]).reshape(cells, n)
    # Every cell must have output and factors: where there are none, or hardly any, its own region buys more.
    inputs, sales = use.sum(0), use.sum(1) + final.sum(1)
    least = np.maximum(1e-3 * e.output.ravel(), 1e-12 * e.output.sum())
    value_added = np.maximum(sales - inputs, least)
    final[np.arange(cells), np.repeat(np.arange(n), k)] += inputs + value_added - sales
    table = np.zeros((cells + 3, cells + n))
    table[:cells, :cells], table[:cells, cells:] = use, final
    table[cells + 1, :cells], table[cells + 2, :cells] = LABOUR_SHARE * value_added, (1 - LABOUR_SHARE) * value_added
    calibration = calibrate_trade_model(table / e.output.sum(), nfd=1, country_codes=e.regions,
                                        sector_codes=e.sectors, validate=False)
    rates = shock.tariff.transpose(0, 2, 1).reshape(cells, n)  # [origin cell, importer]
    tariffs = np.repeat(1 + rates[:, None, :], k, axis=1), 1 + rates[:, None, :]
    sigma = 1 + float(p.theta[0])
    technology = NestedCESTechnology(sigma_va_materials=1.0, sigma_sectors=1.0, sigma_origins=sigma)
    return calibration, tariffs, technology


def solve(problem):
    calibration, (tau, tau_fd), technology = problem
    return solve_ces_block_newton(calibration, tau, tau_fd, technology=technology, tol=1e-10)


def told(problem, result):
    return {"tolerance": result.residual_max, "evaluations": result.iterations, "welfare": None}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("scenario")
    args = parser.parse_args()
    contend("puremacro solve_ces_block_newton", version("puremacro"),
            lambda: set_up(args.bundle, args.scenario), solve, told)


if __name__ == "__main__":
    main()

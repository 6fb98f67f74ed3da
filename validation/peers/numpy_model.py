"""Viner's own equations in vectorised NumPy: the same map, the same acceleration.

    python numpy_model.py BUNDLE SCENARIO [--direct] [--draws N]

Tariffs, trade costs and embargoes with mobile labour and fixed deficits; every elasticity. No power is
taken of a trade flow while iterating: prices and sales are products of one matrix per sector with
vectors, by BLAS. With `--direct` the sourcing equations are written as in papers: costs, shares and
flows of every cell in every iteration. With `--draws` a solve is followed by one for each of N draws of
four elasticities, started from it.
"""

import argparse

import numpy as np

import question
from contender import contend

MEMORY = 10
TOLERANCE = 1e-10


def by_sector(cells):
    """From [exporter, importer, sector] to [sector, importer, exporter]."""
    return np.ascontiguousarray(cells.transpose(2, 1, 0))


def uniform(elasticity):
    """The one value of an elasticity; the model here has none that differ by user."""
    if np.ptp(elasticity) != 0:
        raise ValueError("elasticities of production and inputs must be the same in all sectors")
    return float(elasticity.flat[0])


class Model:
    """The fixed-point map in ln V, ln P and incomes that no factor earns, as shares of income."""

    def __init__(self, economy, parameters, direct):
        e, p = economy, parameters
        if p.labour != "mobile" or p.deficits != "fixed":
            raise ValueError("only mobile labour and fixed deficits")
        self.economy, self.direct = e, direct
        self.regions, self.sectors = n, k = e.output.shape
        self.eta = p.eta
        self.active, self.sold = e.output != 0, e.trade_share.sum(0).T > 0
        self.earning = e.value_added != 0
        self.value_added_share = np.where(self.active, e.value_added_share, 1.0)
        inputs = e.input_share.transpose(0, 2, 1)  # [region, user, input]
        spent = inputs.sum(2)
        self.input_share = np.where(self.active, spent, 0.0)
        self.bundle = np.ascontiguousarray(inputs / np.where(spent > 0, spent, 1.0)[:, :, None])
        self.output = np.where(self.active, e.output, 1.0)
        self.home = e.trade_share[np.arange(n), np.arange(n)]
        self.world = e.value_added.sum()

        # In [sector, importer, exporter], contiguous.
        self.trade_share = by_sector(e.trade_share)
        self.take(p.theta, p.phi, uniform(p.sigma), uniform(p.epsilon))

    def take(self, theta, specific, sigma, epsilon):
        """Takes elasticities: theta by sector, the share of the specific factor by region and sector."""
        self.theta = theta[:, None]  # [sector, 1]
        self.specific, self.sigma, self.epsilon = specific, sigma, epsilon
        self.labour = (1 - specific) * self.economy.value_added
        self.relaxation = 1 / (1 + theta * self.value_added_share.clip(0, 1) * (1 - self.home))
        # The residual of an equation is that of its unknown before the step is shortened.
        others = np.ones(self.output.size + self.regions)
        self.residual_weight = np.concatenate([1 / self.relaxation.ravel(), others])

    def lay(self, tariff, costs, kept):
        """Lays a policy on the cells: tariffs, factors on delivered costs, shares of the varieties kept."""
        self.tariff, self.costs, self.kept = tariff, costs, self.trade_share * kept
        # Few cells pay a tariff: revenue is summed over them alone, the rest reaches the producers.
        self.touched, self.taxed = np.nonzero(costs != 1), np.nonzero(tariff)

    def weigh(self):
        """The matrices of the policy at the elasticities."""
        self.kernel = self.kept.copy()
        s, n, i = self.touched
        self.kernel[s, n, i] *= self.costs[s, n, i] ** -self.theta[s, 0]
        s, n, i = self.taxed
        net = self.kernel.copy()
        net[s, n, i] /= 1 + self.tariff[s, n, i]
        self.tax = (self.kernel - net)[s, n, i]
        self.net = np.ascontiguousarray(net.transpose(0, 2, 1))

    def solve(self, x):
        """The equilibrium from a point: what `accelerate` gives."""
        self.weigh()
        return accelerate(self.image, x, self.residual_weight)

    def start(self):
        """The baseline."""
        e = self.economy
        return np.concatenate([np.zeros(2 * e.output.size), (e.income - e.value_added.sum(1)) / e.income])

    def regions_respond(self, x):
        """Costs, value-added shares, spending and incomes at activity, prices and other incomes."""
        e, cells = self.economy, self.economy.output.size
        activity, prices = x[:cells].reshape(e.output.shape), x[cells:2 * cells].reshape(e.output.shape)
        value_added = e.value_added * np.exp(activity)
        wage = np.log((self.labour * np.exp(activity)).sum(1) / self.labour.sum(1))[:, None]
        factors = wage + self.specific * (np.where(self.earning, activity, 0.0) - wage)
        if self.epsilon == 1:
            bundle = np.matmul(self.bundle, prices[:, :, None])[:, :, 0]
        else:
            input_powers = np.exp((1 - self.epsilon) * prices)
            sums = np.matmul(self.bundle, input_powers[:, :, None])[:, :, 0]
            bundle = np.log(np.where(sums > 0, sums, 1.0)) / (1 - self.epsilon)
        if self.sigma == 1:
            cost = self.value_added_share * factors + self.input_share * bundle
            shift, input_share = np.zeros_like(cost), self.input_share
        else:
            power = 1 - self.sigma
            parts = self.value_added_share * np.exp(power * factors), self.input_share * np.exp(power * bundle)
            total = parts[0] + parts[1]
            cost = np.log(total) / power
            shift, input_share = power * (factors - cost), parts[1] / total
        cost = np.where(self.active, cost, 0.0)
        share = np.where(self.earning, self.value_added_share * np.exp(shift), 1.0)
        output = np.where(self.earning, value_added / share, e.output * np.exp(activity))

        if self.eta == 1:
            index, final_share = (e.final_share * prices).sum(1), e.final_share
        else:
            powers = e.final_share * np.exp((1 - self.eta) * prices)
            total = powers.sum(1)
            index, final_share = np.log(total) / (1 - self.eta), powers / total[:, None]
        income = value_added.sum(1) + x[2 * cells:] * e.income
        spent = input_share * output
        if self.epsilon == 1:
            use = np.matmul(spent[:, None, :], self.bundle)[:, 0, :]
        else:
            spent = spent * np.exp((self.epsilon - 1) * bundle)
            use = np.matmul(spent[:, None, :], self.bundle)[:, 0, :] * input_powers
        return cost, shift, use + final_share * income[:, None], income, index

    def markets_clear(self, cost, spending):
        """Price indices, sales and tariff revenue of every sector, [sector, region]."""
        supply = np.exp(-self.theta * cost)
        sums = np.matmul(self.kernel, supply[:, :, None])[:, :, 0]
        sums = np.where(self.sold, sums, 1.0)
        demand = spending / sums
        sales = supply * np.matmul(self.net, demand[:, :, None])[:, :, 0]
        s, n, i = self.taxed
        revenue = np.bincount(n, self.tax * supply[s, i] * demand[s, n], self.regions)
        return np.log(sums) / -self.theta, sales, revenue

    def markets_clear_directly(self, cost, spending):
        """The same, cell by cell."""
        delivered = np.exp(cost)[:, None, :] * self.costs
        varieties = self.kept * delivered ** -self.theta[:, :, None]
        price = np.where(self.sold, varieties.sum(2), 1.0) ** (-1 / self.theta)
        shares = varieties * (price ** self.theta)[:, :, None]
        flows = shares * spending[:, :, None] / (1 + self.tariff)
        return np.log(price), flows.sum(1), (self.tariff * flows).sum((0, 2))

    def image(self, x):
        """g(x)."""
        e, cells = self.economy, self.economy.output.size
        cost, shift, spending, _, _ = self.regions_respond(x)
        clear = self.markets_clear_directly if self.direct else self.markets_clear
        prices, sales, revenue = clear(np.ascontiguousarray(cost.T), np.ascontiguousarray(spending.T))
        output = np.where(self.active, sales.T / self.output, 1.0)
        implied = np.log(output) + shift
        numeraire = np.log((e.value_added * np.exp(implied)).sum() / self.world)
        activity = x[:cells].reshape(output.shape)
        step = np.where(self.active, (implied - numeraire - activity) * self.relaxation, 0.0)
        other = (revenue + e.deficit) / e.income
        return np.concatenate([(activity + step).ravel(), np.where(self.sold, prices, 0.0).T.ravel(), other])


def accelerate(image, x, residual_weight, limit=1000):
    """Anderson acceleration with full steps: the point, its residual and the evaluations taken."""
    residuals, images = np.empty((MEMORY, x.size)), np.empty((MEMORY, x.size))
    last = None
    for evaluation in range(limit):
        g = image(x)
        f = g - x
        size = np.abs(f * residual_weight).max()
        if size <= TOLERANCE:
            return x, size, evaluation + 1
        step = f
        if last is not None:
            slot = (evaluation - 1) % MEMORY
            residuals[slot], images[slot] = f - last[0], g - last[1]
            kept = min(evaluation, MEMORY)
            lengths = np.sqrt(np.einsum("ij,ij->i", residuals[:kept], residuals[:kept]))
            basis = residuals[:kept] / lengths[:, None]
            weights = np.linalg.lstsq(basis @ basis.T, basis @ f, rcond=1e-14)[0] / lengths
            step = f - weights @ images[:kept]
        last = f, g
        x = x + step
    raise RuntimeError(f"not solved in {limit} evaluations, residual {size:.1e}")


def draws(count):
    """Points between 0 and 1, one per draw, in four dimensions: multiples of powers of the root of
    x^5 = x + 1 (a Kronecker sequence)."""
    root = 1.1673039782614187
    return (0.5 + np.outer(np.arange(1, count + 1), root ** -np.arange(1.0, 5.0))) % 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("scenario")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--draws", type=int, default=0)
    args = parser.parse_args()

    def set_up():
        economy, parameters, shock = question.read(args.bundle, args.scenario)
        if shock.nests or shock.wedges or shock.coalitions or shock.export_tax.any() or economy.tariff.any():
            raise ValueError("only tariffs, trade costs and embargoes, on a baseline without tariffs")
        costs = by_sector(shock.kappa * (1 + shock.tariff))
        policy = by_sector(shock.tariff), costs, by_sector(shock.keep)
        return Model(economy, parameters, args.direct), policy

    def solve(problem):
        model, policy = problem
        model.lay(*policy)
        first = answer = model.solve(model.start())
        own = model.theta[:, 0], model.specific, model.sigma, model.epsilon
        for u in draws(args.draws):
            theta = np.full_like(own[0], 4 * (0.7 + 0.6 * u[0]))
            specific = np.full_like(own[1], 0.1 + 0.4 * u[1])
            model.take(theta, specific, 0.5 + 0.6 * u[2], 0.2 + 0.6 * u[3])
            answer = model.solve(first[0])
        last = model.regions_respond(answer[0])
        model.take(*own)
        return answer, last

    def told(problem, answer):
        model, _ = problem
        (_, residual, evaluations), (_, _, _, income, index) = answer
        return {"tolerance": residual, "evaluations": evaluations,
                "welfare": question.welfare(model.economy, income, index)}

    name = "NumPy (cell by cell)" if args.direct else "NumPy"
    contend(name, np.__version__, set_up, solve, told)


if __name__ == "__main__":
    main()

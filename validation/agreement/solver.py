"""A second, independent solver of Viner's model: plain NumPy, Newton's method, dense Jacobian.

It is written from the equations of the model alone and exists to check the engine, not to be
fast. Unknowns are, in logs, the value added of every sector (the output, for a sector without
factors), the price of every sector in every region, and the income of every region. The
Jacobian is exact: one complex step per unknown. Quotas, caps, routes, currencies and coalitions are
in instruments.py; the unknowns they add are log multipliers and shares of outside shipping.

    python solver.py BUNDLE SCENARIO [--out regions.csv]

Arrays are indexed i exporter, n importer or region, s sector sold, k sector that uses it.
"""

import argparse
import csv
import gzip
import sys
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import instruments

UNITS = {"million USD": 1.0, "USD": 1e-6, "million EUR": 1.0}


@dataclass
class Economy:
    """A baseline: values, the shares made from them, and the taxes in force."""

    regions: list
    sectors: list
    flow: np.ndarray  # X[i,n,s], producer value
    tariff: np.ndarray  # tau[i,n,s]
    export_tax: np.ndarray  # x[i,n,s]
    trade_share: np.ndarray  # pi[i,n,s]
    input_share: np.ndarray  # gamma[n,s,k]
    value_added_share: np.ndarray  # beta[n,k]
    final_share: np.ndarray  # alpha[n,s]
    output: np.ndarray  # Y[n,k]
    value_added: np.ndarray  # V[n,k]
    income: np.ndarray  # I[n]
    deficit: np.ndarray  # D[n]


@dataclass
class Parameters:
    theta: np.ndarray  # [s]
    sigma: np.ndarray  # [k]
    epsilon: np.ndarray  # [k]
    eta: float
    phi: np.ndarray  # [n,k]
    labour: str = "mobile"
    deficits: str = "fixed"


@dataclass
class Shock:
    """Everything a policy can change."""

    tariff: np.ndarray  # tau'
    export_tax: np.ndarray  # x'
    kappa: np.ndarray  # trade cost hat [i,n,s]
    keep: np.ndarray  # share of the varieties that remains [i,n,s]
    productivity: np.ndarray  # A hat [n,k]
    tastes: np.ndarray  # factor on final shares [n,s]
    transfer: np.ndarray  # [n]
    nests: list = field(default_factory=list)  # in the order of the policies, like the rest
    wedges: list = field(default_factory=list)
    coalitions: list = field(default_factory=list)

    @staticmethod
    def none(e):
        one = np.ones_like(e.flow)
        return Shock(e.tariff.copy(), e.export_tax.copy(), one, one.copy(),
                     np.ones_like(e.output), np.ones_like(e.output), np.zeros(len(e.regions)))


# ---------------------------------------------------------------- reading

def table(folder, name):
    """The rows of a table as dictionaries; no rows if the file is absent."""
    for path, opener in ((folder / f"{name}.csv", open), (folder / f"{name}.csv.gz", gzip.open)):
        if path.exists():
            with opener(path, "rt", newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
    return []


def ratio(a, b):
    """a / b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(np.shape(a), np.shape(b))), where=b != 0)


def dense(folder, name, places, column):
    """A column of a table as an array over its other columns, whose codes have these places."""
    out = np.zeros([len(codes) for codes in places.values()])
    for row in table(folder, name):
        out[tuple(codes[row[axis]] for axis, codes in places.items())] += float(row[column])
    return out


def read_bundle(folder, unbalanced=False, dense=dense):
    """The economy of a bundle and its parameters by sector; `dense` reads a table."""
    folder = Path(folder)
    meta = tomllib.loads((folder / "baseline.toml").read_text(encoding="utf-8"))
    regions = [r["code"] for r in meta["region"]]
    sectors = [s["code"] for s in meta["sector"]]
    place = {"exporter": regions, "importer": regions, "region": regions,
             "sector": sectors, "input": sectors, "user": sectors}
    place = {key: {code: j for j, code in enumerate(codes)} for key, codes in place.items()}

    def array(name, axes, column="value", unit=UNITS[meta["unit"]]):
        return dense(folder, name, {axis: place[axis] for axis in axes}, column) * unit

    flow = array("flows", ("exporter", "importer", "sector"))
    tariff = array("tariffs", ("exporter", "importer", "sector"), "rate", 1.0)
    inputs = array("inputs", ("region", "input", "user"))
    final = array("final", ("region", "sector"))
    value_added = array("value_added", ("region", "sector"))
    purchases = flow * (1 + tariff)
    # The output of a table taken as given is what its sectors spend: V, with its share, is the anchor.
    output = inputs.sum(1) + value_added if unbalanced else flow.sum(1)
    deficit = flow.sum((0, 2)) - flow.sum((1, 2))  # purchases less sales: final - value added - revenue
    gaps = np.stack([output - inputs.sum(1) - value_added, purchases.sum(0) - inputs.sum(2) - final])
    if not unbalanced and np.abs(gaps).max() > 1e-6 * output.sum():
        raise ValueError("the baseline is not balanced")
    e = Economy(
        regions, sectors, flow, tariff, np.zeros_like(flow), ratio(purchases, purchases.sum(0)),
        ratio(inputs, output[:, None, :]), ratio(value_added, output), ratio(final, final.sum(1)[:, None]),
        output, value_added, final.sum(1), deficit)
    return e, {row["sector"]: row for row in table(folder, "parameters")}


def read_parameters(e, defaults, model):
    n, k = e.value_added.shape

    def by_cell(key, standard):
        out = np.full((n, k), float(standard))
        for j, code in enumerate(e.sectors):
            text = defaults.get(code, {}).get(key)
            if text not in (None, ""):
                out[:, j] = float(text)
        given = model.get(key, {})
        if not isinstance(given, dict):
            given = {"default": given}
        if "default" in given:
            out[:] = given["default"]
        for code, value in given.items():  # by sector first, then single cells
            if code in e.sectors:
                out[:, e.sectors.index(code)] = value
        for code, value in given.items():
            if code != "default" and code not in e.sectors:
                region, sector = code.split(".", 1)
                out[e.regions.index(region), e.sectors.index(sector)] = value
        return out

    p = Parameters(by_cell("trade_elasticity", 4)[0], by_cell("production_elasticity", 1)[0],
                   by_cell("input_elasticity", 1)[0], float(model.get("final_elasticity", 1)),
                   by_cell("specific_factor_share", 0),
                   model.get("labour", "mobile"), model.get("deficits", "fixed"))
    if p.labour == "fixed-real-wage" and not (p.phi.max(1) > 0).all():
        raise ValueError("fixed-real-wage needs a specific factor in every region")
    return p


def chosen(spec, codes, groups):
    """The codes a specification names, as a mask: a code, a group, a list, "*" or {not = ...}."""
    if isinstance(spec, dict):
        return ~chosen(spec["not"], codes, groups)
    if isinstance(spec, list):
        return np.any([chosen(item, codes, groups) for item in spec], axis=0)
    if spec == "*":
        return np.ones(len(codes), bool)
    if spec in codes:
        return np.array([code == spec for code in codes])
    return chosen(groups[spec], codes, groups)


def cells(policy, e, groups):
    """The cells [i,n,s] a policy touches; a domestic one only if asked for, or named by itself."""
    i, n = (chosen(policy[key], e.regions, groups) for key in ("exporter", "importer"))
    pair = i[:, None] & n[None, :]
    if policy.get("both_ways", False):
        pair |= pair.T
    if not policy.get("domestic", False) and not (policy["exporter"] == policy["importer"] in e.regions):
        pair &= ~np.eye(len(e.regions), dtype=bool)
    return pair[:, :, None] & chosen(policy["sector"], e.sectors, groups)


def values(policy, key, e, groups, folder):
    """(mask, values) of a policy's key over the cells, from the scenario or from its table."""
    if "file" not in policy:
        mask = cells(policy, e, groups)
        return mask, np.where(mask, policy.get(key, 1.0), 0.0)  # 1.0: the default share
    mask, out = np.zeros(e.flow.shape, bool), np.zeros(e.flow.shape)
    with open(folder / policy["file"], newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            at = e.regions.index(row["exporter"]), e.regions.index(row["importer"]), e.sectors.index(row["sector"])
            mask[at], out[at] = True, float(row[key])
    return mask, out


def read_shock(e, scenario, folder):
    groups = scenario.get("groups", {})
    shock = Shock.none(e)
    written = {}
    for index, policy in enumerate(scenario.get("policy", [])):
        kind = policy["kind"]
        if kind in ("tariff", "export-tax"):
            key = "add" if "add" in policy else "rate"
            mask, rate = values(policy, key, e, groups, folder)
            target = shock.tariff if kind == "tariff" else shock.export_tax
            target[mask] = rate[mask] + (target[mask] if key == "add" else 0.0)
        elif kind == "trade-cost":
            mask, change = values(policy, "change", e, groups, folder)
            shock.kappa[mask] *= 1 + change[mask]
        elif kind in ("embargo", "supplier-exit"):
            mask, share = values(policy, "share", e, groups, folder)
            shock.keep[mask] *= 1 - share[mask]
        elif kind == "transfer":
            payers, takers = (e.income * chosen(policy[key], e.regions, groups) for key in ("from", "to"))
            amount = policy["million_usd"] if "million_usd" in policy else policy["share_of_income"] * payers.sum()
            shock.transfer += amount * (takers / takers.sum() - payers / payers.sum())
        elif kind in ("productivity", "demand-shift"):
            target = shock.productivity if kind == "productivity" else shock.tastes
            mask = np.outer(chosen(policy["region"], e.regions, groups), chosen(policy["sector"], e.sectors, groups))
            target[mask] *= 1 + policy["change"]
        elif kind == "quota":
            mask, quantity = values(policy, "quantity", e, groups, folder)
            shock.wedges += instruments.read_quota(policy, index, mask, quantity, e)
        elif kind == "price-cap":
            mask = cells(policy, e, groups)
            shock.wedges += instruments.read_cap(policy, index, mask, e)
        elif kind == "export-control":
            _, part = values(policy, "share", e, groups, folder)
            shock.nests.append(instruments.read_export_control(policy, part, e.regions))
        elif kind == "settlement":
            shock.nests.append(instruments.read_settlement(policy, cells(policy, e, groups) * 1.0))
        elif kind == "coalition-transfer":
            members = chosen(policy["members"], e.regions, groups)
            shock.coalitions.append(instruments.read_coalition(policy, members, e.regions))
        elif kind != "sector-tax":  # a sector tax moves profits to the region's own household: no quantity
            raise ValueError(f"unknown policy `{kind}`")
        if (kind in ("tariff", "export-tax") and key == "rate") or kind in (
                "embargo", "supplier-exit", "quota", "price-cap"):
            if (written.get(kind, False) & mask).any():
                raise ValueError(f"two `{kind}` policies set the same cell")
            written[kind] = written.get(kind, False) | mask
    return shock


# ---------------------------------------------------------------- the model

def ces(share, log_price, e):
    """Log of the CES price, and the shares at the new prices; sums over axis 1, elasticity by last axis."""
    log_price = np.broadcast_to(log_price, share.shape)
    out = (share * log_price).sum(1)
    new = share + 0 * log_price
    j = e != 1  # Cobb-Douglas is exact, not a limit
    if j.any():
        a, power = share[:, :, j], (1 - e[j]) * log_price[:, :, j]
        out[:, j] = np.log((a * np.exp(power)).sum(1) + (a.sum(1) == 0)) / (1 - e[j])
        new[:, :, j] = a * np.exp(power - ((1 - e[j]) * out[:, j])[:, None, :])
    return out, new


def deficits(e, p, income, value_added):
    if p.deficits == "income-share":
        hat = income / e.income
        return e.deficit * hat - income / income.sum() * (e.deficit * hat).sum()
    return e.deficit


class Equilibrium:
    """The equations of sections 2 and 4 for one baseline, parameters and shock, each wedge in its present regime.

    A *kernel* of a flow, times c^-theta of the seller and P^theta E of the buyer, is the flow."""

    def __init__(self, e, p, shock):
        self.e, self.p, self.shock = e, p, shock
        self.size = e.value_added.shape
        self.active, self.bought = e.output != 0, e.trade_share.sum(0) > 0
        self.has_factors = e.value_added != 0
        self.input_bundle = ratio(e.input_share, e.input_share.sum(1)[:, None, :])
        self.tastes = e.final_share * shock.tastes
        self.tastes = self.tastes / self.tastes.sum(1)[:, None]
        self.border = (1 + shock.export_tax) / (1 + e.export_tax)
        self.nest, self.units, self.passed, self.hubs = instruments.apply_nests(shock.nests, e.flow.shape, p.theta)
        kept = shock.keep * ~np.any([wedge.mask & wedge.closed for wedge in shock.wedges], axis=0)
        taxes = self.border * (1 + shock.tariff) / (1 + e.tariff)
        self.kernel = kept * e.trade_share * (shock.kappa * taxes) ** -p.theta * self.nest
        if (self.bought & (self.kernel.sum(0) == 0)).any():
            raise ValueError("infeasible: a sector has no supplier left")
        self.labour_weight = (1 - p.phi) * e.value_added
        self.wedges = shock.wedges
        if any(np.ptp(self.border[wedge.mask]) > 1e-15 for wedge in self.wedges if wedge.kind == "price-cap"):
            raise ValueError("the export taxes on the cells of one price cap differ")
        self.plain = None if self.wedges else self.kernels([], [])

    def wedge_unknowns(self, x):
        """The log multiplier and the shadow share of every wedge."""
        log_m, h, at = [], [], 2 * self.e.output.size + len(self.e.regions)
        for wedge in self.wedges:
            log_m.append(x[at])
            h.append(x[at + 1] if wedge.size == 2 else 0.0)
            at += wedge.size
        return log_m, h

    def kernels(self, log_m, h):
        """The kernel of every flow of money, and of the arriving quantities, with these wedges."""
        shock = self.shock
        paid, needed, earned = 1.0, 1.0, 0.0
        price = self.kernel
        if self.wedges:
            paid, needed, earned = instruments.divide(self.wedges, log_m, h, price.shape)
            price = price * paid ** -self.p.theta
        before_tariff = price / (1 + shock.tariff)
        arriving = before_tariff * self.passed / paid  # at the exporter's price, export tax included
        net = arriving * needed / (1 + shock.export_tax)  # producer value
        earned = before_tariff * self.hubs + arriving * earned
        return SimpleNamespace(
            price=price, net=net, tariff=price * shock.tariff / (1 + shock.tariff), export_tax=net * shock.export_tax,
            earned=earned if earned.any() else None, paid=paid, needed=needed,
            quantity=before_tariff / paid * self.units / (1 + shock.export_tax))

    def per_unit(self, log_m, h):
        """Per unit of arriving value at the exporter's price: spending before tariff, value made, income by region."""
        one = np.ones_like(self.e.flow)
        paid, needed, earned = instruments.divide(self.wedges, log_m, h, one.shape) if self.wedges else (one, one, 0.0)
        spent = paid / self.passed
        return spent, needed, spent * self.hubs + earned

    def state(self, x):
        """Every quantity of the model at the unknowns x."""
        e, p = self.e, self.p
        n, k = self.size
        y, price = x[: n * k].reshape(n, k), x[n * k : 2 * n * k].reshape(n, k)
        income = e.income * np.exp(x[2 * n * k : 2 * n * k + n])
        cpi, final_share = (a[..., 0] for a in ces(self.tastes[:, :, None], price[:, :, None], np.array([p.eta])))

        value_added = e.value_added * np.exp(y)
        labour_base = self.labour_weight.sum(1)
        labour_income = np.where(labour_base != 0, (self.labour_weight * np.exp(y)).sum(1), 1.0)
        labour_income = np.log(labour_income / np.where(labour_base != 0, labour_base, 1.0))
        wage = {"mobile": labour_income, "fixed-nominal-wage": 0 * cpi, "fixed-real-wage": cpi}[p.labour]

        value_added_price = (1 - p.phi) * wage[:, None] + p.phi * np.where(self.has_factors, y, 0.0)
        bundle_price, bundle = ces(self.input_bundle, price[:, :, None], p.epsilon)
        parts = np.stack([e.value_added_share, e.input_share.sum(1)], axis=1)
        cost, parts = ces(parts, np.stack([value_added_price, bundle_price], axis=1), p.sigma)
        cost = np.where(self.active, cost - np.log(self.shock.productivity), 0.0)

        safe_share = np.where(self.has_factors, parts[:, 0], 1.0)
        output = np.where(self.has_factors, value_added / safe_share, e.output * np.exp(y))
        use = np.einsum("nsk,nk->ns", bundle, parts[:, 1] * output)
        expenditure = use + final_share * income[:, None]
        supply = np.exp(-p.theta * cost)  # c^-theta
        demand = np.exp(p.theta * price) * expenditure  # P^theta E
        log_m, h = self.wedge_unknowns(x)
        kernels = self.plain or self.kernels(log_m, h)
        tariff_revenue = (np.einsum("ins,is->ns", kernels.tariff, supply) * demand).sum(1)
        export_tax_revenue = (np.einsum("ins,ns->is", kernels.export_tax, demand) * supply).sum(1)
        sales = np.einsum("ins,ns->is", kernels.net, demand) * supply
        deficit = deficits(e, p, income, value_added)
        receipts = value_added.sum(1) + tariff_revenue + export_tax_revenue + self.shock.transfer + deficit
        rents = np.zeros(n)
        if kernels.earned is not None:
            rents = np.einsum("rins,is,ns->r", kernels.earned, supply, demand)
            receipts = receipts + rents
        for coalition in self.shock.coalitions:
            receipts = receipts + coalition.transfers(e.income, np.exp(cpi), receipts)
        index = np.log(np.where(self.bought, np.einsum("ins,is->ns", kernels.price, supply), 1.0)) / -p.theta
        log_prices, quantities = [], []
        if self.wedges:
            arrivals = kernels.quantity * (supply * np.exp(-cost))[:, None, :] * demand / self.shock.kappa
        for wedge in self.wedges:
            i, _, k = np.argwhere(wedge.mask)[0]
            log_prices.append(cost[i, k] + np.log(self.border[wedge.mask][0]))
            quantities.append(arrivals[wedge.mask].sum() / e.flow[wedge.mask].sum())
        return SimpleNamespace(
            y=y, price=price, income=income, cpi=cpi, final_share=final_share, value_added=value_added, wage=wage,
            employment=labour_income - wage, cost=cost, parts=parts, bundle=bundle, output=output, sales=sales,
            expenditure=expenditure, tariff_revenue=tariff_revenue, export_tax_revenue=export_tax_revenue,
            deficit=deficit, receipts=receipts, index=index, rents=rents, kernels=kernels,
            log_multiplier=log_m, shadow=h, quantities=quantities, log_prices=log_prices)

    def residuals(self, x, walras=False):
        """Prices, markets, incomes; the first region's income gives way to the numeraire (Walras)."""
        s = self.state(x)
        prices = np.where(self.bought, s.price - s.index, s.price)
        supplied, sold = np.where(self.active, s.output, 1.0), np.where(self.active, s.sales, 1.0)
        markets = np.where(self.active, np.log(supplied) - np.log(sold), s.y)
        incomes = s.receipts / s.income - 1
        if not walras:
            incomes[0] = s.value_added.sum() / self.e.value_added.sum() - 1
        wedges = [wedge.equations(*values) for wedge, *values in
                  zip(self.wedges, s.log_multiplier, s.shadow, s.quantities, s.log_prices)]
        return np.concatenate([prices.ravel(), markets.ravel(), incomes, *wedges])

    def jacobian(self, x):
        out = np.empty((x.size, x.size))
        point = x.astype(complex)
        for j in range(x.size):
            point[j] += 1e-30j
            out[:, j] = self.residuals(point).imag / 1e-30
            point[j] = x[j]
        return out

    def newton(self, x, tolerance=2e-14):
        """Newton with backtracking; the Jacobian is kept while the residual falls tenfold a step."""
        residual, inverse = self.residuals(x), None
        norm = np.abs(residual).max()
        norms = []
        for _ in range(100):
            norms.append(norm)
            if norm <= tolerance or (len(norms) > 10 and norm > 0.9 * norms[-11]):
                break
            fresh = inverse is None
            if fresh:
                inverse = np.linalg.inv(self.jacobian(x))
            step = -inverse @ residual
            length = min(1.0, 2.0 / np.abs(step).max())
            for _ in range(20):
                trial = self.residuals(x + length * step)
                trial_norm = np.abs(trial).max()
                if trial_norm < norm:
                    break
                length /= 2
            else:
                if fresh:
                    break  # as far as rounding, or this method, goes
                inverse = None
                continue
            if trial_norm > 0.1 * norm:
                inverse = None
            x, residual, norm = x + length * step, trial, trial_norm
        return x, norm


def solved(e, p, shock, start=None, tolerance=1e-11):
    """The equilibrium after a shock in the present regimes of its wedges, started at the baseline."""
    system = Equilibrium(e, p, shock)
    economy = np.zeros(2 * e.output.size + len(e.regions)) if start is None else start
    x = np.concatenate([economy, *(wedge.start() for wedge in shock.wedges)])
    with np.errstate(all="ignore"):
        x, _ = system.newton(x)
        s = system.state(x)
    s.residual = np.abs(np.append(system.residuals(x), system.residuals(x, walras=True))).max()
    if not s.residual < tolerance:
        raise RuntimeError(f"no equilibrium found, residual {s.residual:.1e}")
    demand = np.exp(p.theta * s.price) * s.expenditure
    s.flow = s.kernels.net * np.exp(-p.theta * s.cost)[:, None, :] * demand
    s.economy, s.system = x[: economy.size], system
    s.multiplier, s.prices = np.exp(s.log_multiplier), np.exp(s.log_prices)
    s.regimes = [wedge.regime for wedge in shock.wedges]
    s.unit = system.per_unit(s.log_multiplier, s.shadow)
    return s


def equilibrium(e, p, shock):
    """The equilibrium after a shock. Every combination of the caps' regimes is tried; where several
    hold, the one with least outside shipping is taken and the regimes of the others are kept."""
    if not shock.wedges:
        return solved(e, p, shock)
    found, starts = [], [None]

    def attempt():
        for start in starts:
            try:
                s = solved(e, p, shock, start)
            except (ValueError, RuntimeError, np.linalg.LinAlgError):
                continue
            starts[1:] = [s.economy]
            return s
        return None

    for _ in instruments.combinations(shock.wedges):
        s = instruments.settle(shock.wedges, attempt)
        if s is not None and not any(np.abs(np.append(s.income / other.income - 1, s.multiplier - other.multiplier)
                                            ).max() < 1e-8 for other in found):
            found.append(s)
    if not found:
        raise RuntimeError("no equilibrium found in any regime")
    best = min(found, key=lambda s: round(sum(h * q for h, q in zip(s.shadow, s.quantities)), 9))
    best.others = [s.regimes for s in found if s is not best]
    for wedge, regime in zip(shock.wedges, best.regimes):
        wedge.regime = regime
    return best


def rebase(e, shock, s):
    """The equilibrium as a new baseline, with the taxes then in force."""
    purchases = s.flow * (1 + shock.export_tax) * (1 + shock.tariff)
    return Economy(e.regions, e.sectors, s.flow, shock.tariff, shock.export_tax, ratio(purchases, purchases.sum(0)),
                   s.bundle * s.parts[:, 1][:, None, :], s.parts[:, 0], s.final_share, s.output, s.value_added,
                   s.income, s.deficit)


# ---------------------------------------------------------------- results

def report(e, p, shock, s):
    """Every reported quantity, as three tables of rows."""
    foreign = ~np.eye(len(e.regions), dtype=bool)[:, :, None]
    hat = np.exp(s.cost)[:, None, :] * np.ones_like(e.flow)  # producer price of the cell
    border = e.flow * (1 + e.export_tax) * foreign
    border_hat = hat * (1 + shock.export_tax) / (1 + e.export_tax)
    # Per unit shipped, at the exporter's price: what its region gets, what the buyer's region gives to others.
    paid, needed, earned = s.unit
    n = np.arange(len(e.regions))
    received, given = 1 + earned[n, n] / needed, (paid - np.moveaxis(earned[n, :, n], 0, 1)) / needed
    export_price = ratio((border * border_hat * received).sum((1, 2)), border.sum((1, 2)))
    import_price = ratio((border * border_hat * given).sum((0, 2)), border.sum((0, 2)))
    gain = e.flow * foreign * (hat - 1)
    volume = (e.tariff * e.flow * foreign * (ratio(s.flow, e.flow) - hat)).sum((0, 2))
    cpi = np.exp(s.cpi)
    regions = {
        "welfare": s.income / e.income / cpi - 1,
        "real_gdp": s.value_added.sum(1) / e.value_added.sum(1) / cpi - 1,
        "real_wage": np.expm1(s.wage - s.cpi),
        "wage": np.expm1(s.wage),
        "price_index": np.expm1(s.cpi),
        "terms_of_trade": np.where(import_price * export_price > 0, ratio(export_price, import_price) - 1, np.nan),
        "tot_effect": (gain.sum((1, 2)) - gain.sum((0, 2))) / e.income,
        "vot_effect": volume / e.income,
        "exports_base": (e.flow * foreign).sum((1, 2)),
        "exports": (s.flow * foreign).sum((1, 2)),
        "imports_base": border.sum((0, 2)),
        "imports": (s.flow * (1 + shock.export_tax) * (paid / needed) * foreign).sum((0, 2)),
        "income_base": e.income,
        "income": s.income,
        "tariff_revenue_base": (e.flow * (1 + e.export_tax) * e.tariff).sum((0, 2)),
        "tariff_revenue": s.tariff_revenue,
        "rents": s.rents,
        "employment": np.expm1(s.employment),
    }
    quantity = np.where(e.output != 0, ratio(s.output, e.output) / np.exp(s.cost), np.nan)
    sectors = {"output_base": e.output, "output": s.output, "price": np.expm1(s.cost),
               "value_added_base": e.value_added, "value_added": s.value_added, "quantity": quantity}
    arriving = s.flow * (s.system.units / s.system.passed / needed)
    quantity = np.where(e.flow != 0, ratio(arriving, e.flow) / (hat * shock.kappa), np.nan)
    flows = {"value_base": e.flow, "value": s.flow, "quantity": quantity, "tariff": shock.tariff,
             "wedge": s.kernels.paid * np.ones_like(e.flow)}
    labels = {"region": e.regions, "exporter": e.regions, "importer": e.regions, "sector": e.sectors}

    def rows(keys, columns):
        out = []
        for at in np.ndindex(next(iter(columns.values())).shape):
            row = {key: labels[key][j] for key, j in zip(keys, at)}
            out.append(row | {name: float(column[at]) for name, column in columns.items()})
        return sorted(out, key=lambda row: [row[key] for key in keys])

    wedges = []
    for wedge, regime, m, quantity in zip(shock.wedges, s.regimes, s.multiplier, s.quantities):
        exporter, sector, importer = wedge.label
        m = np.nan if wedge.closed else float(m)
        wedges.append({"policy": wedge.policy, "exporter": exporter, "sector": sector, "importer": importer,
                       "regime": regime, "multiplier": m, "quantity": float(quantity)})
    wedges.sort(key=lambda row: list(row.values())[:4])
    return {"regions": rows(["region"], regions), "sectors": rows(["region", "sector"], sectors),
            "flows": rows(["exporter", "importer", "sector"], flows), "wedges_summary": wedges, "residual": s.residual,
            "economy": e, "parameters": p, "shock": shock, "state": s}


def solve(bundle, scenario):
    """Solve a scenario (a path, or its contents) on a bundle folder; returns `report`'s tables."""
    folder = Path()
    if not isinstance(scenario, dict):
        folder = Path(scenario).parent
        scenario = tomllib.loads(Path(scenario).read_text(encoding="utf-8"))
    model = scenario.get("model", {})
    unbalanced = model.get("unbalanced") == "accept"
    e, defaults = read_bundle(bundle, unbalanced)
    p = read_parameters(e, defaults, model)
    if unbalanced or p.deficits == "balanced":
        # The baseline itself: factor endowments given, no shock, deficits as they are or zero.
        if p.deficits == "balanced":
            e = replace(e, deficit=np.zeros_like(e.deficit))
        start = Shock.none(e)
        e = rebase(e, start, equilibrium(e, replace(p, labour="mobile", deficits="fixed"), start))
    shock = read_shock(e, scenario, folder)
    return report(e, p, shock, equilibrium(e, p, shock))


def write_table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(rows[0])
        for row in rows:
            out.writerow(["" if v != v else v if isinstance(v, str) else repr(v) for v in row.values()])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("scenario")
    parser.add_argument("--out", help="write the regions table here")
    args = parser.parse_args()
    result = solve(args.bundle, args.scenario)
    for row in result["regions"]:
        print("  ".join(f"{row[key]:+.12f}" if key != "region" else f"{row[key]:8}"
                        for key in ("region", "welfare", "real_gdp", "real_wage", "price_index")))
    for row in result["wedges_summary"]:
        print(*row.values())
    for regimes in getattr(result["state"], "others", []):
        print("another equilibrium:", *regimes)
    print(f"largest residual {result['residual']:.1e}", file=sys.stderr)
    if args.out:
        write_table(args.out, result["regions"])


if __name__ == "__main__":
    main()

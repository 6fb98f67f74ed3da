"""Checks a result against the equations of the model, written out cell by cell and route by route.

Of the solver it takes the unknowns only (prices, values added, incomes, multipliers) and its tables,
not its kernels: everything else is computed again here, in plain loops.
"""

from itertools import product
from math import prod
from types import SimpleNamespace

import numpy as np


def ces(shares, prices, e):
    """CES price and the shares at the new prices."""
    shares, prices = np.asarray(shares, float), np.asarray(prices, float)
    if e == 1:
        return np.prod(prices**shares), shares
    if not shares.any():
        return 1.0, shares
    price = (shares * prices ** (1 - e)).sum() ** (1 / (1 - e))
    return price, shares * (prices / price) ** (1 - e)


class Audit:
    def __init__(self, result):
        self.e, self.p, self.shock, self.s = (result[key] for key in ("economy", "parameters", "shock", "state"))
        self.result, self.worst, self.where = result, 0.0, ""

    def same(self, what, got, want):
        """Notes the largest difference, in units of the larger of 1 and the size."""
        got, want = np.asarray(got, float), np.asarray(want, float)
        self.none_above_zero(what, np.abs(got - want) / np.maximum(1, np.abs(want)))

    def none_above_zero(self, what, gap):
        gap = np.max(gap, initial=0.0)
        if not gap <= self.worst:
            self.worst, self.where = float(gap), what

    def cell(self, i, n, k, out):
        """Adds up what the equations say about one cell; returns its term in the price sum."""
        e, p, shock, s = self.e, self.p, self.shock, self.s
        theta = p.theta[k]
        wedges = sorted((j for j, wedge in enumerate(shock.wedges) if wedge.mask[i, n, k]),
                        key=lambda j: shock.wedges[j].policy)
        closed = any(shock.wedges[j].closed for j in wedges)
        keep = 0.0 if closed else shock.keep[i, n, k]
        multipliers = [s.multiplier[j] for j in wedges]
        border = np.exp(s.cost[i, k]) * (1 + shock.export_tax[i, n, k]) / (1 + e.export_tax[i, n, k])
        sums = 0.0
        for inside in product((True, False), repeat=len(shock.nests)):
            weight = prod(nest.part[i, n, k] if within else 1 - nest.part[i, n, k]
                          for nest, within in zip(shock.nests, inside))
            if weight == 0:
                continue
            nests = [nest for nest, within in zip(shock.nests, inside) if within]
            indices = [sum(r.share * r.cost**-nest.elasticity for r in nest.routes) ** (-1 / nest.elasticity)
                       for nest in nests]
            kappa = shock.kappa[i, n, k] * prod(indices)
            delivered = border * kappa * prod(multipliers) * (1 + shock.tariff[i, n, k]) / (1 + e.tariff[i, n, k])
            sums += e.trade_share[i, n, k] * keep * weight * delivered**-theta
            share = e.trade_share[i, n, k] * keep * weight * (delivered / np.exp(s.price[n, k])) ** -theta
            spent = share * s.expenditure[n, k]
            out.arrived[i, n, k] += spent / delivered / (e.trade_share[i, n, k] * e.purchases[n, k])
            out.tariff[n] += spent * shock.tariff[i, n, k] / (1 + shock.tariff[i, n, k])
            for routes in product(*(nest.routes for nest in nests)):
                value = spent / (1 + shock.tariff[i, n, k])
                for nest, index, route in zip(nests, indices, routes):
                    value *= route.share * (route.cost / index) ** -nest.elasticity
                for route in routes[::-1]:  # the later nest is nearer to the buyer
                    if route.hub is not None:
                        out.rents[route.hub] += value * route.margin / (1 + route.margin)
                        value /= 1 + route.margin
                self.exporter_side(i, n, k, value, wedges, out)
        return sums

    def exporter_side(self, i, n, k, value, wedges, out):
        """`value` is what is paid for the goods themselves, wedges included."""
        shock, s = self.shock, self.s
        all_m = [s.multiplier[j] for j in wedges]
        made = [1 - s.shadow[j] + s.shadow[j] / shock.wedges[j].keeps if shock.wedges[j].owner == "iceberg" else 1.0
                for j in wedges]
        arriving = value / prod(all_m)
        for place, j in enumerate(wedges):
            wedge, m, h = shock.wedges[j], s.multiplier[j], s.shadow[j]
            base = arriving * prod(all_m[:place]) * prod(made[place + 1 :])
            if wedge.kind == "quota":
                out.rents[i] += (m - 1) * wedge.to_exporter * base
                out.rents[n] += (m - 1) * (1 - wedge.to_exporter) * base
                continue
            out.rents[n] += (m - 1) * (1 - h) * base
            if wedge.owner == "iceberg":
                out.rents[i] += h * base * (m - 1 / wedge.keeps)
            else:
                owner = {"importer": n, "exporter": i}.get(wedge.owner, wedge.owner)
                out.rents[i] += h * base * (m * wedge.keeps - 1)
                out.rents[owner] += h * base * m * (1 - wedge.keeps)
        tax = shock.export_tax[i, n, k]
        out.flow[i, n, k] += arriving * prod(made) / (1 + tax)
        out.export_tax[i] += arriving * prod(made) * tax / (1 + tax)

    def production(self):
        """Costs, wages, shares of inputs and of value added; returns output and spending."""
        e, p, s = self.e, self.p, self.s
        price = np.exp(s.price)
        output, spending = np.zeros_like(e.output), np.zeros_like(e.output)
        for n in range(len(e.regions)):
            labour = (1 - p.phi[n]) * e.value_added[n]
            base = e.value_added[n]
            hat = np.divide(s.value_added[n], base, out=np.ones(len(e.sectors)), where=base != 0)
            income = (labour * hat).sum() / labour.sum() if labour.sum() else 1.0
            tastes = e.final_share[n] * self.shock.tastes[n]
            cpi, final = ces(tastes / tastes.sum(), price[n], p.eta)
            wage = {"mobile": income, "fixed-nominal-wage": 1.0, "fixed-real-wage": cpi}[p.labour]
            self.same("price index", np.exp(s.cpi[n]), cpi)
            self.same("employment", np.exp(s.employment[n]), income / wage)
            spending[n] += final * s.income[n]
            for k in np.flatnonzero(e.output[n]):
                inputs = e.input_share[n, :, k]
                bundle_price, bundle = ces(inputs / (inputs.sum() or 1.0), price[n], p.epsilon[k])
                value_added_price = wage ** (1 - p.phi[n, k]) * hat[k] ** p.phi[n, k]
                shares = [e.value_added_share[n, k], inputs.sum()]
                cost, parts = ces(shares, [value_added_price, bundle_price], p.sigma[k])
                self.same("unit cost", np.exp(s.cost[n, k]), cost / self.shock.productivity[n, k])
                output[n, k] = s.value_added[n, k] / parts[0] if e.value_added[n, k] else s.output[n, k]
                spending[n] += bundle * parts[1] * output[n, k]
        return output, spending

    def wedges(self, out):
        """The conditions of every wedge, whatever its regime: nothing exceeds its limit, nothing is left to gain."""
        e, shock, s = self.e, self.shock, self.s
        for row, (wedge, m, h) in enumerate(zip(shock.wedges, s.multiplier, s.shadow)):
            quantity = (e.flow * out.arrived)[wedge.mask].sum() / e.flow[wedge.mask].sum()
            self.same("quantity of a wedge", s.quantities[row], quantity)
            i, n, k = np.argwhere(wedge.mask)[0]
            price = np.exp(s.cost[i, k]) * (1 + shock.export_tax[i, n, k]) / (1 + e.export_tax[i, n, k])
            if wedge.closed:
                self.none_above_zero("closed", [quantity, wedge.limit - price if wedge.kind == "price-cap" else 0])
            elif wedge.kind == "quota":
                self.none_above_zero("quota", [1 - m, quantity - wedge.limit, abs((m - 1) * (wedge.limit - quantity))])
            else:
                shadow, gain = h * quantity, m * wedge.keeps - 1
                self.none_above_zero("outside shipping", [-h, h - 1, shadow - wedge.capacity])
                self.none_above_zero("cap, m", [1 - m, abs((m - 1) * min(0.0, price - wedge.limit))])
                # Capped sellers serve at most at the cap; with m above 1 they get exactly it, if they serve at all.
                self.none_above_zero("cap, price", (quantity - shadow) * (price - wedge.limit))
                # Outside shipping is full where it gains, empty where it loses.
                self.none_above_zero("cap, gain", [gain * (min(wedge.capacity, quantity) - shadow), -gain * shadow])

    def run(self):
        e, p, shock, s = self.e, self.p, self.shock, self.s
        regions, shape = len(e.regions), e.flow.shape
        out = SimpleNamespace(flow=np.zeros(shape), arrived=np.zeros(shape), tariff=np.zeros(regions),
                              export_tax=np.zeros(regions), rents=np.zeros(regions))
        e.purchases = (e.flow * (1 + e.export_tax) * (1 + e.tariff)).sum(0)
        sums = np.zeros(shape)
        for i, n, k in np.argwhere(e.trade_share > 0):
            sums[i, n, k] = self.cell(i, n, k, out)
        for n, k in np.argwhere(e.purchases > 0):
            self.same("price", np.exp(s.price[n, k]), sums[:, n, k].sum() ** (-1 / p.theta[k]))
        output, spending = self.production()
        self.same("spending", s.expenditure, spending)
        self.same("output", output, out.flow.sum(1))
        self.same("flow", s.flow, out.flow)
        deficit = e.deficit
        if p.deficits == "income-share":
            moved = e.deficit * s.income / e.income
            deficit = moved - s.income / s.income.sum() * moved.sum()
        self.same("deficits", deficit.sum() / e.income.sum(), 0.0)
        before = s.value_added.sum(1) + out.tariff + out.export_tax + out.rents + shock.transfer + deficit
        inside = np.zeros(regions, bool)
        for coalition in shock.coalitions:  # without common members
            member = coalition.members
            inside |= member
            kept = e.income * np.exp(s.cpi)
            self.same("sum of a coalition", s.income[member].sum(), before[member].sum())
            if coalition.weights is None:
                self.same("equal welfare", (s.income / kept)[member], s.income[member].sum() / kept[member].sum())
            else:
                loss = (kept - s.income)[member]
                self.same("shares of the loss", loss, coalition.weights[member] * loss.sum())
        self.same("income", s.income[~inside], before[~inside])
        self.same("numeraire", s.value_added.sum() / e.value_added.sum(), 1.0)
        self.wedges(out)
        table = self.result["regions"], self.result["flows"]
        self.same("rents", [row["rents"] for row in table[0]], out.rents[np.argsort(e.regions)])
        self.same("tariff revenue", [row["tariff_revenue"] for row in table[0]], out.tariff[np.argsort(e.regions)])
        for row in table[1]:
            at = e.regions.index(row["exporter"]), e.regions.index(row["importer"]), e.sectors.index(row["sector"])
            self.same("value", row["value"], out.flow[at])
            if e.flow[at]:
                self.same("quantity", row["quantity"], out.arrived[at])
        return self.worst, self.where


def audit(result):
    """The largest violation of any equation or complementarity condition, and which."""
    return Audit(result).run()

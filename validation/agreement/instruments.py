"""Quotas, price caps, routes, currencies and coalitions: section 4 of the model.

A *nest* replaces the trade cost of a cell by that of its alternatives (routes, currencies). A
*wedge* is a multiplier m >= 1 on a set of cells with a complementarity condition; each of its
regimes is a square system that Newton's method solves, and the regime that holds is found by
trying them. A *coalition* shares income among its members.

Arrays on cells are indexed [i exporter, n importer, s sector].
"""

from dataclasses import dataclass, field
from itertools import product

import numpy as np

ROOM = 1e-10  # how far an inequality of a regime may be off
CAP_REGIMES = ("slack", "served", "mixed", "shadow-full", "shadow-only-full", "shadow-only", "withdrawn")


# ---------------------------------------------------------------- nests

@dataclass
class Route:
    """One alternative: its baseline share, its cost hat, and the hub that adds a margin to the value."""

    share: float
    cost: float
    hub: int | None = None
    margin: float = 0.0


@dataclass
class Nest:
    """Alternatives within part of some cells."""

    part: np.ndarray  # share of the cell the nest stands in [i,n,s]; 0 elsewhere
    routes: list
    elasticity: float
    cost: float = field(init=False)  # kappa hat of the nest

    def __post_init__(self):
        shares = np.array([route.share for route in self.routes])
        costs = np.array([route.cost for route in self.routes])
        self.cost = (shares * costs**-self.elasticity).sum() ** (-1 / self.elasticity)
        self.shares = shares * (costs / self.cost) ** -self.elasticity

    def split(self):
        """Of one unit of the buyer's spending: what passes the hubs, and [(hub, margin)]."""
        margins = [(r.hub, share * r.margin / (1 + r.margin)) for r, share in zip(self.routes, self.shares) if r.margin]
        return 1 - sum(margin for _, margin in margins), margins


def read_export_control(policy, part, regions):
    def by_hub(key, standard=None):
        given = policy.get(key, standard)
        if given is None:
            raise ValueError(f"`{key}` is missing")
        return {hub: given.get(hub, standard) if isinstance(given, dict) else given for hub in policy["hubs"]}

    share, enforcement, margin = by_hub("hub_share"), by_hub("enforcement", 0.0), by_hub("hub_margin", 0.0)
    exporter, importer = (part.any(axis=axes) for axes in ((1, 2), (0, 2)))
    at = [regions.index(hub) for hub in policy["hubs"]]
    if exporter[at].any() or importer[at].any() or not 0 < sum(share.values()) < 1:
        raise ValueError("a hub is among the exporters or importers, or the hub shares do not leave a direct route")
    routes = [Route(share[hub], (1 + enforcement[hub]) * (1 + margin[hub]), j, margin[hub])
              for hub, j in zip(policy["hubs"], at)]
    return Nest(part, routes, policy["route_elasticity"])  # the direct route is closed: its term is 0


def read_settlement(policy, part):
    routes = [Route(one["share"], 1 + one["change"]) for one in policy["currencies"].values()]
    if abs(sum(route.share for route in routes) - 1) > 1e-9:
        raise ValueError("the shares of the currencies do not sum to 1")
    return Nest(part, routes, policy["currency_elasticity"])


def apply_nests(nests, shape, theta):
    """Varieties of every cell: (factor on the price kernel, arriving units per unit of spending at
    unit cost, part of spending that passes the hubs, [r,i,n,s] part of it that hub r earns).

    Each nest splits the variety it finds in two, controlled or not. The later nest is the outer one.
    """
    regions = shape[0]
    kernel, units, passed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    earned = np.zeros((regions, *shape))
    for inside in product((False, True), repeat=len(nests)):
        weight, cost, left, margins = np.ones(shape), 1.0, 1.0, np.zeros(regions)
        for nest, within in zip(nests[::-1], inside):
            weight = weight * (nest.part if within else 1 - nest.part)
            if within:
                through, hubs = nest.split()
                for hub, margin in hubs:
                    margins[hub] += left * margin
                cost, left = cost * nest.cost, left * through
        weight = weight * cost**-theta
        kernel, units, passed = kernel + weight, units + weight / cost, passed + weight * left
        earned += weight * margins[:, None, None, None]
    if (kernel == 0).any():
        raise ValueError("a nest leaves no route")
    return kernel, units / kernel, passed / kernel, earned / kernel


# ---------------------------------------------------------------- wedges

@dataclass
class Wedge:
    """A quota or a price cap on some cells."""

    policy: int
    kind: str
    label: tuple  # exporter, sector, importer; "*" where it spans several
    mask: np.ndarray
    limit: float  # quantity, or price, relative to the baseline
    to_exporter: float = 0.0  # quota: part of the rent
    capacity: float = 0.0  # cap: outside shipping K
    keeps: float = 0.0  # cap: 1 - delta, what outside shipping leaves of the price
    owner: str | int = "importer"  # cap: who earns the shadow cost
    regime: str = "slack"

    @property
    def closed(self):
        """Nothing is sold at all: the cells are embargoed."""
        return self.regime == "withdrawn" or (self.kind == "quota" and self.limit == 0)

    @property
    def size(self):
        return 1 if self.kind == "quota" else 2  # log m; for a cap, the shadow share h too

    def start(self):
        """A first guess of the unknowns in this regime."""
        if self.kind == "quota":
            return [0.0]
        shadow = self.regime in ("mixed", "shadow-full", "shadow-only-full", "shadow-only")
        share = {"mixed": 0.1, "shadow-full": min(1.0, self.capacity)}.get(self.regime, 1.0)
        return [-np.log(self.keeps), share] if shadow else [0.0, 0.0]

    def equations(self, log_m, h, quantity, log_price):
        """What is zero in the regime."""
        if self.closed:
            return [log_m, h][: self.size]
        if self.kind == "quota":
            return [log_m if self.regime == "slack" else np.log(quantity / self.limit)]
        priced, paid = log_price - np.log(self.limit), log_m + np.log(self.keeps) if self.keeps else None
        return {"slack": lambda: [log_m, h],
                "served": lambda: [priced, h],
                "mixed": lambda: [priced, paid],
                "shadow-full": lambda: [priced, h * quantity - self.capacity],
                "shadow-only-full": lambda: [quantity / self.capacity - 1, h - 1],
                "shadow-only": lambda: [paid, h - 1]}[self.regime]()

    def slacks(self, m, h, quantity, price):
        """What must not be negative in the regime."""
        if self.kind == "quota":
            return [] if self.closed else [self.limit - quantity] if self.regime == "slack" else [m - 1]
        over, full = price - self.limit, m * self.keeps - 1
        return {"slack": [-over],
                "served": [m - 1, -full],
                "mixed": [h, min(self.capacity, quantity) - h * quantity],
                "shadow-full": [quantity - self.capacity, full],
                "shadow-only-full": [over, full],
                "shadow-only": [over, self.capacity - quantity],
                "withdrawn": [over]}[self.regime]

    def regimes(self):
        """Every regime a cap can be in."""
        if self.capacity > 0:
            return CAP_REGIMES[:-1]
        return ("slack", "served", "shadow-full", "withdrawn") if self.keeps else ("slack", "served", "withdrawn")


def grouped(mask, e, per):
    """(label, cells) of the wedges of a policy; cells without baseline trade carry none."""
    regions, sectors = e.regions, e.sectors
    keys = {}
    for i, n, s in np.argwhere(mask & (e.flow > 0)):
        key = {"exporter-sector": (regions[i], sectors[s], "*"), "total": ("*", "*", "*"),
               "cell": (regions[i], sectors[s], regions[n])}[per]
        keys.setdefault(key, []).append((i, n, s))
    for key, at in keys.items():
        cells = np.zeros(mask.shape, bool)
        cells[tuple(np.array(at).T)] = True
        yield key, cells


def read_quota(policy, index, mask, quantity, e):
    """Rows of a table that share a wedge limit it together, by the mean of their quantities."""
    for label, at in grouped(mask, e, policy.get("per", "exporter-sector")):
        one = np.ptp(quantity[at]) == 0
        limit = quantity[at][0] if one else (e.flow * quantity)[at].sum() / e.flow[at].sum()
        yield Wedge(index, "quota", label, at, float(limit), policy.get("rent_to_exporter", 0.0))


def read_cap(policy, index, mask, e):
    cap = policy["cap"] if "cap" in policy else policy["cap_usd"] / policy["reference_usd"]
    capacity = policy.get("shadow_capacity", 0.0)
    if capacity and "shadow_cost" not in policy:
        raise ValueError("`shadow_cost` is missing")
    owner = policy.get("shadow_owner", "importer")
    owner = e.regions.index(owner) if owner in e.regions else owner
    keeps = 1 - policy.get("shadow_cost", 1.0)
    for label, at in grouped(mask, e, "exporter-sector"):
        yield Wedge(index, "price-cap", label, at, cap, capacity=capacity if keeps else 0.0, keeps=keeps, owner=owner)


def divide(wedges, log_m, h, shape):
    """What the buyers of a cell pay per unit of its arriving value at the exporter's price: the product of the
    multipliers; what of it the exporter needs for production; and [r,i,n,s], what region r earns as rent or fee.

    The policies are peeled off from the outside in: the later one is nearer to the buyer.
    """
    regions = np.arange(shape[0])
    exporter = (regions[:, None] == regions)[:, :, None, None]  # r == i
    importer = (regions[:, None] == regions)[:, None, :, None]  # r == n
    log_paid = sum(log * wedge.mask for log, wedge in zip(log_m, wedges))
    left = np.exp(log_paid)
    earned = np.zeros((shape[0], *shape), left.dtype)
    for index in sorted({wedge.policy for wedge in wedges}, reverse=True):
        for j, wedge in enumerate(wedges):
            if wedge.policy != index:
                continue
            m, share, mask = np.exp(log_m[j]), h[j], wedge.mask
            below = np.where(mask, left / m, 0)
            if wedge.kind == "quota":
                rent = below * (m - 1)
                earned += rent * (wedge.to_exporter * exporter + (1 - wedge.to_exporter) * importer)
                needed = below
            else:
                earned += below * (m - 1) * (1 - share) * importer
                if wedge.owner == "iceberg":
                    lost = 1 / wedge.keeps
                    needed = below * (1 - share + share * lost)
                    earned += below * share * (m - lost) * exporter
                else:
                    needed = below
                    earned += below * share * (m * wedge.keeps - 1) * exporter
                    owner = {"importer": importer, "exporter": exporter}.get(wedge.owner)
                    owner = (regions == wedge.owner)[:, None, None, None] if owner is None else owner
                    earned += below * share * m * (1 - wedge.keeps) * owner
            left = np.where(mask, needed, left)
    return np.exp(log_paid), left, earned


# ---------------------------------------------------------------- regimes

def combinations(wedges):
    """Sets regimes on the wedges, one combination of the caps after the other."""
    caps = [wedge for wedge in wedges if wedge.kind == "price-cap"]
    for regimes in product(*(cap.regimes() for cap in caps)):
        for cap, regime in zip(caps, regimes):
            cap.regime = regime
        for wedge in wedges:
            if wedge.kind == "quota":
                wedge.regime = "binding" if wedge.limit == 0 else "slack"
        yield regimes


def settle(wedges, attempt):
    """An equilibrium in the present regimes of the caps, or None. The quotas that bind are found by
    releasing those whose multiplier is below 1 and binding those that are exceeded.
    `attempt()` solves and returns an equilibrium with `multiplier`, `shadow`, `quantities`, `prices`."""
    quotas = [j for j, wedge in enumerate(wedges) if wedge.kind == "quota" and not wedge.closed]
    seen = set()
    while True:
        regimes = tuple(wedges[j].regime for j in quotas)
        if regimes in seen:
            return None
        seen.add(regimes)
        s = attempt()
        if s is None:
            return None
        state = list(zip(wedges, s.multiplier, s.shadow, s.quantities, s.prices))
        for wedge, *values in [state[j] for j in quotas]:
            if min(wedge.slacks(*values)) < -ROOM:
                wedge.regime = "slack" if wedge.regime == "binding" else "binding"
        if tuple(wedges[j].regime for j in quotas) == regimes:
            holds = all(min(wedge.slacks(*values), default=0) >= -ROOM for wedge, *values in state)
            return s if holds else None


# ---------------------------------------------------------------- coalitions

@dataclass
class Coalition:
    members: np.ndarray  # mask
    weights: np.ndarray | None = None  # of the loss; None for equal welfare

    def transfers(self, income_base, price_index, receipts):
        """Income moved to each region; they sum to 0. `receipts` are the incomes before them."""
        wanted = income_base * price_index * self.members  # what keeps the members' welfare
        before = receipts * self.members
        if self.weights is None:
            return before.sum() / wanted.sum() * wanted - before
        return wanted - self.weights * (wanted - before).sum() - before


def read_coalition(policy, members, regions):
    if policy["rule"] == "equal-welfare":
        return Coalition(members)
    weights = np.array([policy["weights"].get(region, 0.0) for region in regions])
    if abs(weights.sum() - 1) > 1e-9 or set(policy["weights"]) != {r for r, m in zip(regions, members) if m}:
        raise ValueError("the weights must name the members and sum to 1")
    return Coalition(members, weights)

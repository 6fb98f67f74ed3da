"""`sanction-simulator` on its own network of 80 economies and 50 industries: another model.

    python sanction_simulator_net.py

Trade between the nine and Russia stops both ways but for a tenth; the network is rebalanced (RAS) with
friction, then a CES fixed point of outputs is solved: quantities without prices.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import sanction_simulator
from sanction_simulator import power_trade_estimation as package

from contender import contend

WEST = ["USA", "CAN", "GBR", "DEU", "FRA", "ITA", "JPN", "KOR", "AUS"]


def set_up():
    data = Path(sanction_simulator.__file__).parent / "data"
    return package.Benchmark(str(data), cache=str(data / "bench_cache.npz"))


def solve(network):
    russia = network.cidx["RUS"]
    legs = [leg for code in WEST for leg in ((network.cidx[code], russia), (russia, network.cidx[code]))]
    batch = package.ScenarioBatch(network, [legs], package.TAU_BASE, package.DELTA_BASE)
    batch.balance()
    return batch, batch.solve(package.RHO_BASE)


def told(network, answer):
    batch, result = answer
    return {"tolerance": float(max(np.max(batch.sink_err), np.max(result["err"]))),
            "evaluations": int(result["iters"][0]), "welfare": None}


if __name__ == "__main__":
    contend("sanction-simulator", version("sanction-simulator"), set_up, solve, told)

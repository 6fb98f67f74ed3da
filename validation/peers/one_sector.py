"""Makes a bundle of one sector without inputs from the trade of another: an endowment economy.

    python one_sector.py BUNDLE FOLDER
"""

import json
import sys
import tomllib
from pathlib import Path

import question


def main():
    source, target = sys.argv[1], Path(sys.argv[2])
    economy, _ = question.solver.read_bundle(source)
    flow = economy.flow.sum(2)
    target.mkdir(parents=True, exist_ok=True)

    def table(name, header, rows):
        lines = [header, *(",".join(row) for row in rows)]
        (target / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    codes = economy.regions
    table("flows", "exporter,importer,sector,value",
          ([i, n, "ALL", repr(float(flow[a, b]))] for a, i in enumerate(codes) for b, n in enumerate(codes)))
    table("inputs", "region,input,user,value", [])
    table("final", "region,sector,value", ([n, "ALL", repr(float(flow[:, b].sum()))] for b, n in enumerate(codes)))
    table("value_added", "region,sector,value", ([n, "ALL", repr(float(flow[a].sum()))] for a, n in enumerate(codes)))
    described = tomllib.loads((Path(source) / "baseline.toml").read_text(encoding="utf-8"))
    keys = {"name": "one-sector", "title": f"One sector without inputs, made of {described['name']}"}
    keys |= {key: described[key] for key in ("year", "unit", "source", "licence", "citation")}
    head = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    regions = "".join(f'[[region]]\ncode = "{code}"\n' for code in codes)
    (target / "baseline.toml").write_text(f'{head}{regions}[[sector]]\ncode = "ALL"\n', encoding="utf-8")


if __name__ == "__main__":
    main()

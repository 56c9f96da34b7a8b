#!/usr/bin/env python3
"""Fashion-MNIST as tar shards of PNG files and classes.

Usage: fashion_shards.py FOLDER OUT

Reads FOLDER/{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz (IDX: two zeros, 8 for bytes, the number
of dimensions, the dimensions as big-endian uint32, the values) and writes OUT/train-00000N.tar,
OUT/test-000000.tar and OUT/classes.txt. The bytes are always the same.
"""

import gzip
import io
import pathlib
import struct
import sys
import tarfile
import zlib

CLASSES = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker",
           "bag", "ankle boot")
SIDE = 28
IN_SHARD = 10_000


def read_idx(path, *shape):
    data = gzip.decompress(path.read_bytes())
    header = struct.pack(">HBB", 0, 8, len(shape)) + struct.pack(f">{len(shape)}I", *shape)
    size = 1
    for dimension in shape:
        size *= dimension
    if not data.startswith(header) or len(data) != len(header) + size:
        sys.exit(f"{path}: must hold {shape} bytes")
    return data[len(header) :]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(pixels):
    """Eight bits of grey; every row is filtered by its differences from the row above."""
    rows = b""
    above = bytes(SIDE)
    for y in range(SIDE):
        row = pixels[y * SIDE : (y + 1) * SIDE]
        rows += b"\2" + bytes((a - b) & 255 for a, b in zip(row, above))
        above = row
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def add(archive, name, data):
    info = tarfile.TarInfo(name)  # time and owner 0
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def write(folder, out, prefix, name, count):
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz", count, SIDE, SIDE)
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", count)
    for first in range(0, count, IN_SHARD):
        path = out / f"{name}-{first // IN_SHARD:06}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for i in range(first, first + IN_SHARD):
                add(archive, f"{i:06}.png", png(images[i * SIDE * SIDE : (i + 1) * SIDE * SIDE]))
                add(archive, f"{i:06}.cls", b"%d" % labels[i])
    found = [labels.count(i) for i in range(len(CLASSES))]
    print(f"{name}: {count} pictures, {min(found)} to {max(found)} of each class")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = map(pathlib.Path, sys.argv[1:])
    write(folder, out, "train", "train", 60_000)
    write(folder, out, "t10k", "test", 10_000)
    (out / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()

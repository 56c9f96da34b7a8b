#!/usr/bin/env python3
"""Makes tests/golden/tar: archives of every kind, and what Python's tarfile reads in them.

    tar_golden.py [FOLDER]

*.tar         archives by tarfile (ustar, GNU, pax) and GNU tar (sparse files, folders), and some
              whose headers are set by hand: old V7, base-256 sizes, signed checksums
members.json  for each archive its regular members that are not sparse: name, offset, size, CRC-32

What tarfile reads is the reference. The archives end after two blocks of zeros, to stay small.
"""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = 512
LONG = "folder/" + "long-name-" * 12 + "/picture.png"  # fits the prefix of ustar
LONGER = "deep/" * 55 + "picture.png"  # fits no field of ustar
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def content(size):
    return bytes((7 * i + size) % 251 for i in range(size))


def add(archive, name, size, **fields):
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in fields.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(content(size)))


def add_special(archive):
    for name, kind in (("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE),
                       ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = "000.png" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
        archive.addfile(info)


def written_by_tarfile(format):
    out = io.BytesIO()
    headers = {"comment": "of the whole archive"} if format == tarfile.PAX_FORMAT else None
    with tarfile.open(fileobj=out, mode="w", format=format, pax_headers=headers) as archive:
        for i, size in enumerate((0, 512, 513)):
            add(archive, f"{i:03}.png", size)
            add(archive, f"{i:03}.txt", 5 + i)
        add_special(archive)
        add(archive, LONG, 700)
        add(archive, "whole.bin", 30, type=tarfile.CONTTYPE)
        if format != tarfile.USTAR_FORMAT:
            add(archive, LONGER, 40)
            add(archive, "gr\u00fc\u00dfe/\u8239.png", 12)
        if format == tarfile.PAX_FORMAT:
            add(archive, "times.png", 9, pax_headers={"atime": "1.5", "path": "other/name.png"})
            add(archive, "sized.png", 600, pax_headers={"size": "600"})
        uid = 3_000_000 if format != tarfile.USTAR_FORMAT else 1000  # more than ustar can hold
        add(archive, "last.png", 33, mtime=1_700_000_000, uid=uid, uname="someone")
    return out.getvalue()


def with_checksum(header, signed=False):
    block = bytearray(header)
    block[148:156] = b" " * 8
    values = block if not signed else [b - 256 if b > 127 else b for b in block]
    block[148:156] = b"%06o\0 " % sum(values)
    return bytes(block)


def by_hand():
    out = b""
    for name, size, change in (("plain.png", 20, None), ("base256.png", 70, "base256"),
                               ("v7.png", 30, "v7"), ("signed-\xff.png", 10, "signed"),
                               ("blanks.png", 8, "blanks"), ("v7-folder/", 0, "v7")):
        info = tarfile.TarInfo(name)
        info.size = size
        block = bytearray(info.tobuf(tarfile.USTAR_FORMAT, encoding="latin-1"))
        if change == "base256":
            block[124:136] = b"\x80" + size.to_bytes(11, "big")
        elif change == "v7":
            block[156] = 0
            block[257:512] = bytes(255)
        elif change == "blanks":
            block[124:136] = b"%11o " % size
        out += with_checksum(block, signed=change == "signed")
        out += content(size) + bytes(-size % BLOCK)
    return out + bytes(2 * BLOCK)


def written_by_tar(folder, format):
    (folder / "sub").mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(content(300))
    (folder / "sub" / "b.txt").write_bytes(content(20))
    with open(folder / "sparse.bin", "wb") as out:
        for i in range(5 if format == "gnu" else 1):  # a header of GNU's has room for 4 pieces
            out.seek((2 * i + 1) * 8192)
            out.write(content(64))
    (folder / "z.png").write_bytes(content(100))
    command = ["tar", "--sparse", f"--format={format}", "--sort=name", "--mtime=@0", "--owner=0",
               "--group=0", "--numeric-owner", "-cf", "-", "-C", str(folder), "."]
    if format == "pax":
        command.insert(1, "--pax-option=exthdr.name=%d/PaxHeaders/%f,exthdr.mtime=0,delete=atime,delete=ctime")
    return without_process(subprocess.run(command, check=True, capture_output=True).stdout)


def without_process(data):
    """GNU tar writes its process number into the names of sparse files."""
    blocks = [data[i : i + BLOCK] for i in range(0, len(data), BLOCK)]
    for i, block in enumerate(blocks):
        if block.startswith(b"./GNUSparseFile."):
            name = re.sub(rb"\.\d+/", b".1/", block[:100].rstrip(b"\0")).ljust(100, b"\0")
            blocks[i] = with_checksum(name + block[100:])
    return b"".join(blocks)


def trimmed(data):
    """Two blocks of zeros at the end are enough."""
    end = len(data.rstrip(b"\0"))
    end += -end % BLOCK
    return data[:end] + bytes(2 * BLOCK)


def members(path):
    found = []
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as archive:
        for info in archive:
            if info.isreg() and not info.issparse():
                data = archive.extractfile(info).read()
                name = info.name.encode("utf-8", "surrogateescape").hex()
                found.append({"name": name, "offset": info.offset_data, "size": info.size,
                              "crc32": zlib.crc32(data)})
    return found


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "golden" / "tar"
    folder.mkdir(parents=True, exist_ok=True)
    archives = {name: written_by_tarfile(format) for name, format in FORMATS.items()}
    archives["by_hand"] = by_hand()
    for format in ("gnu", "pax"):
        with tempfile.TemporaryDirectory() as scratch:
            archives[f"tar_{format}"] = written_by_tar(Path(scratch), format)
    expected = {}
    for name, data in sorted(archives.items()):
        path = folder / f"{name}.tar"
        path.write_bytes(trimmed(data))
        os.chmod(path, 0o644)
        expected[name] = members(path)
    (folder / "members.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Unpacks parts of a wheel.

Usage: unpack_wheel.py WHEEL OUT 'PREFIX=FOLDER'... [-- EXCLUDED...]

Files below PREFIX go to OUT/FOLDER with the rest of their path; files and folders below it whose
name starts with one of EXCLUDED are left out. It is an error when a PREFIX matches nothing.
"""

import pathlib
import shutil
import sys
import zipfile


def unpack(wheel, out, rules, excluded):
    with zipfile.ZipFile(wheel) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        for prefix, folder in rules:
            matching = [info for info in files if info.filename.startswith(prefix)]
            if not matching:
                sys.exit(f"{wheel} has no file below `{prefix}`")
            for info in matching:
                rest = pathlib.PurePosixPath(info.filename[len(prefix) :])
                if any(part.startswith(excluded) or part == ".." for part in rest.parts):
                    continue
                target = out / folder / rest
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, open(target, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)


def main():
    arguments = sys.argv[1:]
    excluded = ()
    if "--" in arguments:
        split = arguments.index("--")
        arguments, excluded = arguments[:split], tuple(arguments[split + 1 :])
    if len(arguments) < 3:
        sys.exit(__doc__)
    rules = [tuple(rule.split("=", 1)) for rule in arguments[2:]]
    unpack(arguments[0], pathlib.Path(arguments[1]), rules, excluded)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What the built program and library need at run time: no CUDA library of LibTorch.

Usage: binaries.py BUILD        (a built folder, as build/dev)
       binaries.py --self-test

A CPU build stays CPU: libtorch_cuda is loaded by hand, when a CUDA device is asked for. Linking it
would cost every start a second and every machine its dependencies.
"""

import pathlib
import re
import subprocess
import sys

FILES = ("bin/tpretrain", "lib/libtpretrain.so")
FORBIDDEN = re.compile(r"lib(torch_cuda|c10_cuda|torch_python|python|protobuf|nccl|cudnn|torch\.so)")
NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


def needed(path):
    answer = subprocess.run(["readelf", "-d", str(path)], capture_output=True, text=True, check=True)
    return NEEDED.findall(answer.stdout)


def check(build, forbidden=FORBIDDEN, files=FILES):
    faults = []
    for name in files:
        if not (build / name).exists():
            faults.append(f"{name} was not built")
            continue
        faults += [f"{name} needs {lib}" for lib in needed(build / name) if forbidden.search(lib)]
    return faults


def self_test():
    python = pathlib.Path(sys.executable).resolve()
    found = check(python.parent, re.compile(r"^libc\.so"), (python.name,))
    if found != [f"{python.name} needs libc.so.6"]:
        sys.exit(f"binaries: did not find the C library of Python, but {found}")
    if check(python.parent, FORBIDDEN, ("no-such-file",)) != ["no-such-file was not built"]:
        sys.exit("binaries: a missing file was not a fault")
    print("binaries: self-test passed")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--self-test":
        self_test()
        return
    faults = check(pathlib.Path(sys.argv[1]))
    for fault in faults:
        print(f"binaries: {fault}")
    print(f"binaries: {len(faults)} faults" if faults else "binaries: ok")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""C++ is formatted by clang-format 14 with the .clang-format of the root.

Another version formats differently, so that without version 14 the check says so and passes.
`format.py --fix` rewrites the files.
"""

import pathlib
import re
import shutil
import subprocess
import sys

import checklib

VERSION = 14
STYLE = checklib.ROOT / ".clang-format"


def clang_format():
    """The program of the pinned version, or None."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        program = shutil.which(name)
        if program is None:
            continue
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        match = re.search(r"version (\d+)\.", answer.stdout)
        if match and int(match.group(1)) == VERSION:
            return program
    return None


def sources(root):
    trees = ("components", "include", "src", "tests")
    return checklib.files(root, *trees, suffixes=checklib.CPP)


def check(root):
    program = clang_format()
    if program is None:
        print(f"format: clang-format {VERSION} is not installed, so nothing was checked")
        return []
    paths = [str(path) for path in sources(root)]
    if not paths:
        return []
    command = [program, f"--style=file:{STYLE}", "--dry-run", "--Werror", *paths]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    first = {}  # file -> line of its first fault
    for match in re.finditer(r"^(.+?):(\d+):\d+: error", answer.stderr, re.MULTILINE):
        first.setdefault(match.group(1), match.group(2))
    if answer.returncode != 0 and not first:
        return [f"clang-format failed: {answer.stderr.strip()}"]
    return [
        f"{pathlib.Path(path).relative_to(root)}:{line}: not formatted; "
        "tools/checks/format.py --fix rewrites it"
        for path, line in first.items()
    ]


def fix(root):
    program = clang_format()
    if program is None:
        sys.exit(f"format: clang-format {VERSION} is not installed")
    subprocess.run([program, f"--style=file:{STYLE}", "-i", *map(str, sources(root))], check=True)


GOOD = {"src/a.cc": "int add(int a, int b) {\n  return a + b;\n}\n"}
BAD = [({"src/a.cc": "int add( int a,int b ){return a+b;}\n"}, "not formatted")]
if clang_format() is None:
    BAD = []

if __name__ == "__main__":
    if "--fix" in sys.argv[1:]:
        fix(pathlib.Path(checklib.ROOT))
    else:
        checklib.run(check, GOOD, BAD)

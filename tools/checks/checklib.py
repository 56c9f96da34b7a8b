"""What the checks share: walking the tree, includes, the command line and the self-test.

A check is a module with `check(root) -> list of faults` and two kinds of tiny trees, as
{path: content}: `GOOD`, in which it must find nothing, and `BAD`, a list of (tree, words) in which
it must find exactly one fault that holds the words. `run(...)` makes the program of it:

    CHECK.py [ROOT]        faults on stdout, exit 1 when there are any
    CHECK.py --self-test   the check against its own trees
"""

import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREES = [".ci", "cmake", "components", "configs", "docs", "include", "src", "tests", "tools"]
CPP = {".h", ".cc", ".cu"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def files(root, *trees, suffixes=None):
    """Sorted files below the named folders of root (all of the project's when none is named)."""
    found = []
    for tree in trees or TREES:
        for path in sorted((root / tree).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                if suffixes is None or path.suffix in suffixes:
                    found.append(path)
    return found


def includes(path):
    """(line number, header) of every include of a C++ file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(2)


def write_tree(root, tree):
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def faults_of_tree(check, tree):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write_tree(root, tree)
        return check(root)


def self_test(name, check, good, bad):
    faults = faults_of_tree(check, good)
    if faults:
        sys.exit(f"{name}: found a fault in its good tree: {faults}")
    for tree, words in bad:
        faults = faults_of_tree(check, tree)
        if len(faults) != 1 or words not in faults[0]:
            sys.exit(f"{name}: in a bad tree it must find `{words}`, but found {faults}")
    print(f"{name}: self-test passed, {len(bad)} bad trees rejected")


def run(check, good, bad):
    name = pathlib.Path(sys.argv[0]).stem
    if "--self-test" in sys.argv[1:]:
        self_test(name, check, good, bad)
        return
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    faults = check(root)
    for fault in faults:
        print(f"{name}: {fault}")
    print(f"{name}: {len(faults)} faults" if faults else f"{name}: ok")
    sys.exit(1 if faults else 0)

#!/usr/bin/env python3
"""docs/structure.md names every folder of the source tree, and no folder that does not exist."""

import re

import checklib

PAGE = "docs/structure.md"
# Deeper folders need no name there: one per component, per model, per layer, per golden model.
DEPTH = 2
DEEP = ("src/", "tools/")  # here every folder is named
FOLDER = re.compile(r"`([\w./-]+/)`")


def folders(root):
    """Every folder that holds a file, and the folders above it, as `a/b/`."""
    found = set()
    for path in checklib.files(root):
        parents = path.relative_to(root).parts[:-1]
        for depth in range(1, len(parents) + 1):
            found.add("/".join(parents[:depth]) + "/")
    return found


def must_be_named(folder, existing):
    if folder.startswith("tests/"):  # tests mirror the sources: only what mirrors nothing is named
        mirrored = folder.removeprefix("tests/")
        if "src/" + mirrored in existing or mirrored in existing:
            return False
    return folder.startswith(DEEP) or folder.count("/") <= DEPTH


def check(root):
    page = root / PAGE
    if not page.is_file():
        return [f"{PAGE} does not exist"]
    named = set(FOLDER.findall(page.read_text()))
    existing = folders(root)
    faults = [
        f"{PAGE} does not name `{folder}`"
        for folder in sorted(existing)
        if must_be_named(folder, existing) and folder not in named
    ]
    for folder in sorted(named):
        if folder.split("/")[0] in checklib.TREES and folder not in existing:
            faults.append(f"{PAGE} names `{folder}`, which does not exist")
    return faults


GOOD = {
    PAGE: "`docs/` `src/` `src/base/` `components/` `components/pool/` `tests/` and `build/`\n",
    "src/base/a.cc": "\n",
    "components/pool/mean/mean.h": "\n",
    "tests/base/a_test.cc": "\n",
}
BAD = [
    ({PAGE: "`docs/` `src/`\n", "src/base/a.cc": "\n"}, "does not name `src/base/`"),
    ({PAGE: "`docs/` `src/base/`\n"}, "`src/base/`, which does not exist"),
    ({PAGE: "`docs/` `tests/`\n", "tests/faults/a.cc": "\n"}, "does not name `tests/faults/`"),
    ({"src/a.cc": "\n"}, "docs/structure.md does not exist"),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

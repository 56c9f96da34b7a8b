#!/usr/bin/env python3
"""Prints how long files and functions are and how much of the public headers is comment.

The figures are aims for a reviewer (CHANGELOG and docs name none of them as a promise); this
program never fails because of one. Function lengths need universal-ctags and are left out
without it.
"""

import collections
import json
import re
import shutil
import subprocess

import checklib

TREES = ("components", "include", "src", "tests", "tools")
LOOK_TWICE_FILE, LOOK_TWICE_TEST, LOOK_TWICE_FUNCTION, FULL_FOLDER = 300, 800, 60, 15
COMMENT = re.compile(r"^\s*(//|/\*|\*)")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0


def line_count(path):
    return len(path.read_text(encoding="utf-8", errors="replace").splitlines())


def function_lengths(paths):
    """[(length, file, function)] by ctags, or None when it is not there."""
    if shutil.which("ctags") is None or not paths:
        return None
    command = ["ctags", "--output-format=json", "--fields=+ne", "--kinds-C++=f", "-f", "-"]
    answer = subprocess.run(
        command + [str(path) for path in paths], capture_output=True, text=True, check=False
    )
    lengths = []
    for line in answer.stdout.splitlines():
        tag = json.loads(line) if line.startswith("{") else {}
        if tag.get("kind") == "function" and "end" in tag:
            lengths.append((tag["end"] - tag["line"] + 1, tag["path"], tag["name"]))
    return sorted(lengths, reverse=True)


def report(root):
    for tree in TREES:
        paths = checklib.files(root, tree, suffixes=checklib.CPP | {".py", ".cmake"})
        if not paths:
            continue
        lengths = {path: line_count(path) for path in paths}
        values = list(lengths.values())
        print(
            f"{tree}: {len(paths)} files, {sum(values)} lines; median {percentile(values, 0.5)}, "
            f"p90 {percentile(values, 0.9)}, longest {max(values)}"
        )
        limit = LOOK_TWICE_TEST if tree == "tests" else LOOK_TWICE_FILE
        for path, length in sorted(lengths.items(), key=lambda item: -item[1]):
            if length > limit:
                print(f"  look twice: {path.relative_to(root)} has {length} lines")
        folders = collections.Counter(path.parent for path in paths)
        for folder, count in sorted(folders.items()):
            if count > 2 * FULL_FOLDER:
                print(f"  look twice: {folder.relative_to(root)}/ holds {count} files")
    headers = checklib.files(root, "include", suffixes={".h"})
    lines = [line for path in headers for line in path.read_text().splitlines() if line.strip()]
    if lines:
        share = sum(bool(COMMENT.match(line)) for line in lines) / len(lines)
        print(f"public headers: {share:.0%} of the lines are comments")
    lengths = function_lengths(checklib.files(root, "components", "src", suffixes={".cc", ".h"}))
    if lengths:
        values = [length for length, _, _ in lengths]
        print(f"functions: {len(values)}, median {percentile(values, 0.5)}, p90 {percentile(values, 0.9)}")
        for length, path, name in lengths:
            if length > LOOK_TWICE_FUNCTION:
                print(f"  look twice: {name} in {path.removeprefix(str(root) + '/')} has {length} lines")


if __name__ == "__main__":
    report(checklib.ROOT)

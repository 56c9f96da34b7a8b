#!/usr/bin/env python3
"""Words and bytes that the project's own text must not hold.

The project speaks of itself only: no path of one machine, no host of a package registry, no note
to finish something later. Sources are ASCII, without tabs or trailing blanks, and end in one
newline.
"""

import re

import checklib

# Patterns are written so that this file does not match itself.
FORBIDDEN = [
    (re.compile(r"(?<![\w.}$)/-])/(work|tmp|home|root|mnt)/"), "a path of one machine"),
    (re.compile(r"\b(py[p]i\.org|python[h]osted\.org|deb\.[d]ebian\.org|[a]rchive\.ubuntu)"), "a host"),
    (re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|HAC[K])\b"), "a note to finish something later"),
    (re.compile(r"\b([w]orkplace|this [s]ession|[s]ub-?agent|language [m]odel wrote)\b", re.I), "its own making"),
]
BINARY = {".safetensors", ".bin", ".idx", ".gz", ".zst", ".png"}
LAYOUT = {".h", ".cc", ".cu", ".py", ".sh", ".cmake", ".yaml", ".txt", ".json", ""}
# Fixtures are data: their bytes are what a test is about.
FIXTURES = ("tests/golden/", "tests/fixtures/")


def check_line(line, layout):
    """What is wrong with one line."""
    for pattern, what in FORBIDDEN:
        match = pattern.search(line)
        if match:
            yield f"`{match.group(0)}` is {what}"
    if layout:
        if not line.isascii():
            yield "sources are ASCII: write \\u escapes in strings"
        if "\t" in line:
            yield "a tab"
        if line != line.rstrip():
            yield "blanks at the end of the line"


def check(root):
    faults = []
    paths = checklib.files(root) + [p for p in sorted(root.glob("*")) if p.is_file()]
    for path in paths:
        name = path.relative_to(root).as_posix()
        if path.suffix in BINARY or name == "LICENSE" or name.startswith(FIXTURES):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        layout = path.suffix in LAYOUT
        for number, line in enumerate(text.splitlines(), 1):
            faults += [f"{name}:{number}: {fault}" for fault in check_line(line, layout)]
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            faults.append(f"{name}: must end in one newline")
    return faults


GOOD = {
    "src/base/a.cc": "// A comment about work/life, see https://arxiv.org/abs/1810.04805.\n",
    "docs/a.md": "Gr\u00fc\u00dfe: `runs/x/tmp/y`  \n",
    "tests/golden/b.txt": "/tm" + "p/x \n\n",
}
BAD = [
    ({"docs/a.md": "see /wor" + "k/main\n"}, "a path of one machine"),
    ({"tools/t": "cd '/tm" + "p/x'\n"}, "a path of one machine"),
    ({"tools/t": "https://py" + "pi.org/simple\n"}, "a host"),
    ({"src/a.cc": "// TO" + "DO: later\n"}, "finish something later"),
    ({"README.md": "Made in this " + "session.\n"}, "its own making"),
    ({"src/a.cc": 'auto s = "\u00fc";\n'}, "ASCII"),
    ({"src/a.cc": "\tint a;\n"}, "a tab"),
    ({"cmake/a.cmake": "set(a 1) \n"}, "blanks at the end"),
    ({"CMakeLists.txt": "project(a)"}, "one newline"),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

#!/usr/bin/env python3
"""One component = five files and one line in components/CMakeLists.txt, and nothing else.

Configuring finds a listed component with a missing file; this also finds a folder, a sample or a
test that no line names, and a README without its list of deviations from the paper.
"""

import re

import checklib

LINE = re.compile(r"^\s*tpretrain_add_component\(\s*(\w+)\s+(\w+)\s*\)", re.MULTILINE)
DEVIATIONS = re.compile(r"^#+ .*deviations", re.IGNORECASE | re.MULTILINE)


def files_of(kind, name):
    folder = f"components/{kind}/{name}"
    return [
        f"{folder}/{name}.h",
        f"{folder}/{name}.cc",
        f"{folder}/README.md",
        f"tests/components/{kind}/{name}_test.cc",
        f"configs/components/{kind}/{name}.yaml",
    ]


def check(root):
    faults = []
    listing = root / "components/CMakeLists.txt"
    listed = LINE.findall(listing.read_text()) if listing.exists() else []
    if listed != sorted(listed):
        faults.append("components/CMakeLists.txt: the components are not in alphabetical order")
    for kind, name in sorted({pair for pair in listed if listed.count(pair) > 1}):
        faults.append(f"components/CMakeLists.txt: {kind} {name} is listed twice")
    expected = set()
    for kind, name in listed:
        for file in files_of(kind, name):
            expected.add(file)
            if not (root / file).is_file():
                faults.append(f"component {kind}/{name}: missing {file}")
        readme = root / f"components/{kind}/{name}/README.md"
        if readme.is_file() and not DEVIATIONS.search(readme.read_text()):
            faults.append(f"component {kind}/{name}: its README has no heading `Deviations`")
    trees = ("components", "configs/components", "tests/components")
    for path in checklib.files(root, *trees, suffixes={".h", ".cc", ".yaml", ".md"}):
        name = path.relative_to(root).as_posix()
        depth = len(path.relative_to(root).parts)
        if path.suffix == ".h" and tuple(path.relative_to(root).parts[1:3]) in listed:
            continue  # a private header of a component
        if name not in expected and depth >= 4:  # shared files stand above the kinds
            faults.append(f"{name} belongs to no component of components/CMakeLists.txt")
    return faults


def tree(**changes):
    """The five files of pool/mean, some replaced (None: left out)."""
    files = {file: "\n" for file in files_of("pool", "mean")}
    files["components/pool/mean/README.md"] = "# mean\n\n## Deviations\n\nNone.\n"
    files["components/CMakeLists.txt"] = "tpretrain_add_component(pool mean)\n"
    files |= changes.get("more", {})
    return {name: text for name, text in files.items() if name not in changes.get("without", ())}


GOOD = tree(more={"components/pool/mean/detail.h": "\n"})
BAD = [
    (tree(without=["components/pool/mean/mean.cc"]), "missing components/pool/mean/mean.cc"),
    (tree(more={"components/pool/mean/README.md": "# mean\n"}), "Deviations"),
    (tree(more={"components/pool/max/max.h": "\n"}), "max.h belongs to no component"),
    (tree(more={"components/pool/mean/detail.cc": "\n"}), "detail.cc belongs to no component"),
    (tree(more={"configs/components/pool/max.yaml": "\n"}), "max.yaml belongs to no component"),
    (
        tree(more={"components/CMakeLists.txt": "tpretrain_add_component(pool mean)\n" * 2}),
        "listed twice",
    ),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

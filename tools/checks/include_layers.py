#!/usr/bin/env python3
"""Includes go down only (docs/structure.md): a layer includes itself and lower layers.

base < kernels < ops < core < {components, data, dist, interop} < train < cli
"""

import checklib

LEVELS = {
    "base": 0,
    "kernels": 1,
    "ops": 2,
    "core": 3,
    "components": 4,
    "data": 4,
    "dist": 4,
    "interop": 4,
    "train": 5,
    "cli": 6,
}


def layer_of_file(parts):
    """Layer of a file by its path below the root, or None."""
    if parts[0] == "components":
        return "components"
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "tpretrain") and len(parts) > 3:
        return parts[2]
    return None


def layer_of_include(header):
    """Layer of a header by the way it is included, or None for foreign ones."""
    parts = header.split("/")
    if parts[0] == "tpretrain" and len(parts) > 2:
        parts = parts[1:]
    return parts[0] if len(parts) > 1 and parts[0] in LEVELS else None


def check(root):
    faults = []
    for path in checklib.files(root, "components", "include", "src", suffixes=checklib.CPP):
        name = path.relative_to(root)
        own = layer_of_file(name.parts)
        if own is None:
            continue
        if own not in LEVELS:
            faults.append(f"{name}: `{own}` is not a layer; the layers are {', '.join(LEVELS)}")
            continue
        for line, header in checklib.includes(path):
            other = layer_of_include(header)
            if other is not None and other != own and LEVELS[other] >= LEVELS[own]:
                faults.append(f"{name}:{line}: `{own}` must not include `{header}` of `{other}`")
    return faults


GOOD = {
    "src/base/a.cc": '#include "tpretrain/base/a.h"\n#include <vector>\n',
    "src/train/t.cc": '#include "train/u.h"\n#include "tpretrain/data/d.h"\n',
    "components/encoder/e/e.cc": '#include "components/encoder/e/e.h"\n#include "tpretrain/ops/o.h"\n',
}
BAD = [
    ({"src/base/a.cc": '#include "tpretrain/core/c.h"\n'}, "`base` must not include"),
    ({"include/tpretrain/kernels/k.h": '#include "ops/o.h"\n'}, "`kernels` must not include"),
    ({"src/data/text/d.cc": '#include "tpretrain/interop/i.h"\n'}, "`data` must not include"),
    ({"components/pool/p/p.h": '# include "tpretrain/data/d.h"\n'}, "`components` must not include"),
    ({"src/extra/a.cc": "\n"}, "`extra` is not a layer"),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

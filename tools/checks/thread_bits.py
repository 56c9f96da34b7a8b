#!/usr/bin/env python3
"""Components call no ATen operator whose bits depend on the number of threads, and no optimizer.

Such operators are whole reductions and accumulating scatters (design: results do not depend on the
thread count). The operators of tpretrain do the same work in fixed blocks. Reductions over one
named dimension are allowed.
"""

import re

import checklib

RULES = [
    (re.compile(r"(\.|\bat::|\btorch::)dot\("), "dot"),
    (re.compile(r"\.(sum|mean|norm|std|var)\(\s*\)"), "a reduction of a whole tensor"),
    (re.compile(r"\b(at|torch)::(sum|mean|norm|std|var)\(\s*[\w.]+\s*\)"), "a reduction of a whole tensor"),
    (re.compile(r"(index_put_|index_add_?|scatter_add_?|scatter_reduce_?)\("), "an accumulating scatter"),
    (re.compile(r"(layer_norm|native_layer_norm|cross_entropy_loss|embedding_dense_backward)\("), "an ATen op"),
    (re.compile(r"\btorch::optim\b"), "torch::optim"),
]
OWN = re.compile(r"\bops::\w+\(")


def check(root):
    faults = []
    for path in checklib.files(root, "components", "src/core", "src/train", suffixes={".cc", ".h"}):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            code = OWN.sub("(", line.split("//")[0])
            for pattern, what in RULES:
                if pattern.search(code):
                    faults.append(f"{name}:{number}: {what}, whose bits change with the threads")
    return faults


GOOD = {
    "components/pool/p/p.cc": "auto y = ops::layer_norm(x); // not .sum()\nauto z = x.sum(1);\n",
}
BAD = [
    ({"components/pool/p/p.cc": "auto y = x.mean();\n"}, "a reduction"),
    ({"components/pool/p/p.cc": "auto y = at::sum(x);\n"}, "a reduction"),
    ({"components/pool/p/p.cc": "auto y = at::dot(x, z);\n"}, "dot"),
    ({"src/core/m.cc": "x.index_add_(0, rows, y);\n"}, "scatter"),
    ({"components/pool/p/p.cc": "auto y = at::layer_norm(x, {3});\n"}, "an ATen op"),
    ({"src/train/t.cc": "torch::optim::Adam adam(p);\n"}, "torch::optim"),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

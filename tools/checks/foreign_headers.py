#!/usr/bin/env python3
"""Which foreign headers may be included where.

- base and kernels are torch-free;
- nothing includes torch/torch.h (19 s a file);
- public headers stay free of the libraries that a linker of libtpretrain need not have;
- no header opens a namespace for its includers.
"""

import re

import checklib

TORCH = ("torch/", "ATen/", "c10/", "caffe2/")
TORCH_FREE = ("src/base/", "src/kernels/", "include/tpretrain/base/", "include/tpretrain/kernels/")
PRIVATE = ("spdlog/", "fmt/", "yaml-cpp/", "CLI/", "nlohmann/", "cuda", "nccl", "cudnn", "zstd", "zlib")
USING = re.compile(r"^\s*using\s+namespace\b")


def check_include(name, header):
    """What is wrong with this include, or None."""
    if header == "torch/torch.h" or header == "torch/extension.h":
        return f"`{header}` must not be included: name the headers that are used"
    if name.startswith(TORCH_FREE) and header.startswith(TORCH):
        return f"base and kernels are torch-free, but this includes `{header}`"
    if name.startswith("include/") and header.startswith(PRIVATE):
        return f"a public header must not include `{header}`"
    return None


def check(root):
    faults = []
    trees = ("components", "include", "src", "tests")
    for path in checklib.files(root, *trees, suffixes=checklib.CPP):
        name = path.relative_to(root).as_posix()
        for line, header in checklib.includes(path):
            fault = check_include(name, header)
            if fault:
                faults.append(f"{name}:{line}: {fault}")
        if path.suffix == ".h":
            text = path.read_text(encoding="utf-8", errors="replace")
            for line, content in enumerate(text.splitlines(), 1):
                if USING.match(content):
                    faults.append(f"{name}:{line}: a header must not say `using namespace`")
    return faults


GOOD = {
    "src/base/a.cc": "#include <yaml-cpp/yaml.h>\n",
    "src/ops/o.cc": "#include <ATen/core/Tensor.h>\nusing namespace std::literals;\n",
    "include/tpretrain/core/c.h": "#include <torch/nn/module.h>\n",
}
BAD = [
    ({"src/kernels/k.cc": "#include <ATen/core/Tensor.h>\n"}, "torch-free"),
    ({"include/tpretrain/base/b.h": "#include <c10/util/Optional.h>\n"}, "torch-free"),
    ({"components/pool/p/p.cc": "#include <torch/torch.h>\n"}, "must not be included"),
    ({"tests/core/c_test.cc": "#include <torch/torch.h>\n"}, "must not be included"),
    ({"include/tpretrain/data/d.h": "#include <nlohmann/json.hpp>\n"}, "public header"),
    ({"include/tpretrain/base/l.h": "#include <spdlog/spdlog.h>\n"}, "public header"),
    ({"src/core/c.h": "namespace a {\nusing namespace std;\n}\n"}, "using namespace"),
]

if __name__ == "__main__":
    checklib.run(check, GOOD, BAD)

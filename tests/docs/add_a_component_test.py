#!/usr/bin/env python3
"""Follows docs/add_a_component.md to the letter in a scratch copy of the tree.

Blocks marked `file=PATH` become files, the one marked `line=PATH` becomes a line of an existing file, the one
marked `recipe=NAME` a recipe; then the tree is built, the tests of the new component are run and the commands of
the `sh` block train it. Fails unless the page adds exactly five files and one line.

usage: add_a_component_test.py SOURCE_DIR BINARY_DIR   (an existing build, whose options are taken over)
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

COPIED = ["CMakeLists.txt", "cmake", "components", "configs", "include", "src", "tests", "tools"]
OPTIONS = ["CMAKE_BUILD_TYPE", "TPRETRAIN_WERROR", "TPRETRAIN_FAILPOINTS", "TPRETRAIN_UNITY", "TPRETRAIN_SANITIZERS",
           "TPRETRAIN_LIBTORCH"]
TARGETS = ["tpretrain_program", "components_test", "conformance_test"]
FENCE = re.compile(r"^```(\w+)(?: (file|line|recipe)=(\S+))?\n(.*?)^```$", re.M | re.S)


def copy_tree(source: Path, scratch: Path) -> None:
    """Times are kept and unchanged files are not written again, so that a second run builds little.

    LibTorch becomes hard links. Through a symbolic link the compiler would name some headers by their real path,
    which their assertions compile in, and the compiler cache would miss what the first tree has built.
    """
    for name in COPIED:
        subprocess.run(["cp", "-a", "-u", "-T", source / name, scratch / name], check=True)
    if (source / ".deps").exists() and not (scratch / ".deps").exists():
        subprocess.run(["cp", "-a", "-l", source / ".deps", scratch / ".deps"], check=True)


def write_if_changed(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def add_line(path: Path, line: str) -> None:
    """Puts the line behind the last one of its kind."""
    lines = path.read_text().splitlines()
    if line in lines:
        return
    command = line.split("(")[0]
    last = max(i for i, text in enumerate(lines) if text.startswith(command + "("))
    lines.insert(last + 1, line)
    path.write_text("\n".join(lines) + "\n")


def apply_page(page: str, source: Path, scratch: Path, work: Path) -> list[str]:
    """Writes what the page says and returns its shell commands."""
    files, lines, commands = [], [], []
    for language, role, path, text in FENCE.findall(page):
        if role == "file":
            assert not (source / path).exists(), f"{path} exists already"
            write_if_changed(scratch / path, text)
            files.append(path)
        elif role == "line":
            lines += text.splitlines()
            for line in text.splitlines():
                add_line(scratch / path, line)
        elif role == "recipe":
            write_if_changed(work / path, text)
        elif language == "sh":
            commands += text.splitlines()
    assert len(files) == 5, f"a component is five files, the page has {files}"
    assert len(lines) == 1, f"a component is one line, the page has {lines}"
    assert commands, "the page has no commands"
    return commands


def cached_options(source: Path, binary: Path) -> list[str]:
    """LibTorch inside the tree is that of the scratch tree, so that the compiler cache hits."""
    options = []
    for line in (binary / "CMakeCache.txt").read_text().splitlines():
        match = re.match(r"(\w+):(\w+)=(.+)$", line)
        if match and match[1] in OPTIONS and not match[3].startswith(f"{source}/"):
            options.append(f"-D{match[1]}:{match[2]}={match[3]}")
    return options


def build(source: Path, scratch: Path, binary: Path) -> Path:
    out = scratch / "build" / "dev"
    options = cached_options(source, binary)
    configure = ["cmake", "-S", scratch, "-B", out, "-G", "Ninja", "-DTPRETRAIN_TESTS=ON", *options]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    environment = dict(os.environ, CCACHE_BASEDIR=str(scratch), CCACHE_NOHASHDIR="1")
    subprocess.run(["cmake", "--build", out, "--target", *TARGETS], check=True, env=environment)
    return out


def run_tests(out: Path) -> None:
    """The tests of the new component, and what the registry asks of it."""
    for target, pattern in [("components_test", "ConvolutionEncoder.*"), ("conformance_test", "*encoder_convolution")]:
        done = subprocess.run([out / "bin" / target, f"--gtest_filter={pattern}"], check=True, text=True,
                              stdout=subprocess.PIPE)
        passed = re.search(r"\[  PASSED  \] (\d+) test", done.stdout)
        assert passed and int(passed[1]) >= 4, done.stdout


def write_corpus(path: Path) -> None:
    """Documents of sentences with something to learn: each word has its own followers."""
    subjects = ["the teacher", "a sailor", "her brother", "the old farmer", "a young painter", "my neighbour"]
    verbs = ["reads", "carries", "buys", "repairs", "remembers", "paints"]
    objects = ["a small book", "the wooden boat", "fresh bread", "an open letter", "the broken clock", "a green house"]
    lines = []
    for document in range(120):
        for sentence in range(6):
            i = (document * 7 + sentence * 5) % 6
            j = (document + sentence) % 6
            lines.append(f"{subjects[i]} {verbs[i]} {objects[(i + j) % 6]} in the morning .")
        lines.append("")
    write_if_changed(path, "\n".join(lines))


def train(out: Path, work: Path, commands: list[str]) -> None:
    write_corpus(work / "corpus.txt")
    for name in ["run", "vocab.txt"]:
        shutil.rmtree(work / name, ignore_errors=True)
        (work / name).unlink(missing_ok=True)
    for name in work.glob("corpus.*"):
        if name.suffix != ".txt":
            name.unlink()
    environment = dict(os.environ, PATH=f"{out / 'bin'}:{os.environ['PATH']}")
    for command in commands:
        print("$", command, flush=True)
        subprocess.run(["bash", "-c", command], check=True, cwd=work, env=environment)
    lines = [json.loads(line) for line in (work / "run" / "metrics.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if line.get("split") == "train"]
    steps = [line["step"] for line in lines if line.get("split") == "train"]
    assert steps and steps[-1] == 20, f"the last step is {steps[-1:]}, not 20"
    assert losses[-1] < losses[0] - 0.1, f"the loss went from {losses[0]} to {losses[-1]}"
    print(f"trained 20 steps: loss {losses[0]:.3f} -> {losses[-1]:.3f}")


def main() -> None:
    source, binary = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    scratch = binary / "add_a_component" / "tree"
    work = binary / "add_a_component" / "work"
    for folder in [scratch, work]:
        folder.mkdir(parents=True, exist_ok=True)
    copy_tree(source, scratch)
    commands = apply_page((source / "docs" / "add_a_component.md").read_text(), source, scratch, work)
    out = build(source, scratch, binary)
    run_tests(out)
    train(out, work, commands)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Trains a step of every recipe in configs/bert and times the way to the first step of the tiny one.

    bert_recipes.py --program build/release/bin/tpretrain [--scratch DIR]

Vocabulary (30,522 pieces, each a word) and text are generated. For each size: parameters as `compose`
counts them, seconds and peak memory of one step of batch 2. For BERT-tiny with a batch of 2 and of 32:
seconds from the start of the program until metrics.jsonl has its first step, warm cache, five runs.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZES = ["tiny", "mini", "small", "medium", "base", "large"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = 30522


def word(index):
    return "w" + format(index, "x").translate(str.maketrans("0123456789", "ghijklmnop"))


def write_inputs(folder):
    words = [word(i) for i in range(PIECES - len(SPECIAL))]
    (folder / "vocab.txt").write_text("\n".join(SPECIAL + words) + "\n")
    rng = random.Random(1)
    for name, documents in [("train", 400), ("valid", 40)]:
        lines = []
        for _ in range(documents):
            for _ in range(40):
                lines.append(" ".join(rng.choice(words) for _ in range(20)))
            lines.append("")
        (folder / f"{name}.txt").write_text("\n".join(lines))


def settings(folder):
    return [
        argument
        for setting in [
            f"tokenizer.wordpiece.vocab={folder}/vocab.txt",
            f"data.train.text.files={folder}/tokens/train",
            f"data.train.text.source={folder}/train.txt",
            f"data.valid.text.files={folder}/tokens/valid",
            f"data.valid.text.source={folder}/valid.txt",
            "train.micro_batch=2",
            "log.every=1",
        ]
        for argument in ("--set", setting)
    ]


def run_measured(command):
    """Seconds and peak memory in bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    error = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command}: {error.decode()}")
    return time.monotonic() - start, usage.ru_maxrss * 1024


def one_step(program, folder, size):
    recipe = str(ROOT / "configs" / "bert" / f"{size}.yaml")
    options = settings(folder)
    composed = subprocess.run([program, "compose", recipe, "--json", *options], check=True, stdout=subprocess.PIPE)
    seconds, memory = run_measured(
        [program, "pretrain", recipe, "--run", str(folder / size), "--fresh", "--stop-at", "1", "-q", *options]
        + ["--set", "train.batch=2", "--set", "validate.samples=2"]
    )
    return json.loads(composed.stdout)["parameters"], seconds, memory


def first_step(program, folder, batch):
    """Polls the file, as somebody who watches the run would see it."""
    run = folder / "first"
    metrics = run / "metrics.jsonl"
    subprocess.run(["rm", "-rf", run], check=True)
    command = [program, "pretrain", str(ROOT / "configs" / "bert" / "tiny.yaml"), "--run", str(run), "-q"]
    command += settings(folder) + ["--set", f"train.batch={batch}", "--set", f"train.micro_batch={batch}"]
    command += ["--stop-at", "1", "--set", "data.processor.sentence_pair.length=128"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not (metrics.exists() and '"step":1' in metrics.read_text()):
        if process.poll() not in (None, 0):
            raise SystemExit(f"{command} ended with {process.returncode}")
        time.sleep(0.005)
    seconds = time.monotonic() - start
    process.wait()
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build" / "release" / "bin" / "tpretrain"))
    parser.add_argument("--scratch", type=Path, help="kept; a temporary folder otherwise")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.scratch or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        write_inputs(folder)
        tiny = str(ROOT / "configs" / "bert" / "tiny.yaml")
        subprocess.run([arguments.program, "preprocess", tiny, "-q", *settings(folder)], check=True)
        for batch in [2, 32]:
            times = [first_step(arguments.program, folder, batch) for _ in range(6)][1:]
            print(f"first step of tiny, batch {batch}: median {statistics.median(times):.2f} s, "
                  f"from {min(times):.2f} to {max(times):.2f}", flush=True)
        print(f"{'recipe':8} {'parameters':>12} {'one step':>10} {'memory':>10}")
        for size in SIZES:
            parameters, seconds, memory = one_step(arguments.program, folder, size)
            print(f"{size:8} {parameters:12,} {seconds:8.1f} s {memory / 1e9:7.2f} GB", flush=True)


if __name__ == "__main__":
    main()

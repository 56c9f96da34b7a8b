#!/usr/bin/env python3
"""Trains BERT-tiny with TencentPretrain and with tpretrain in turns and compares tokens per second.

Both sides read one generated corpus with one generated vocabulary of 21,128 entries in which every
word is one token: 2 layers of width 128, batch 32, rows of 128, MLM + NSP, dropout 0.1, AdamW
without bias correction, fp32 on the same number of threads. The peer runs twice a round, as it is
shipped and with an allocator that keeps freed memory, which tpretrain sets for itself. The order of
runs is A B C A B C ..., so that a change of load on the machine meets all. The ratio is taken over the
faster peer, and the result is void when that runs below 14,000 tokens/s: then the machine was busy
with something else, or is a slower one than the figure is stated for.

The peer's tokens are the places of its padded batches, as it counts them itself; ours are real
tokens. The share of real tokens in the peer's rows is printed beside the result.

Runs from tools/bench/tencentpretrain_tiny, or by hand; needs only the standard library here.
"""

import argparse
import json
import os
import pathlib
import pickle
import platform
import random
import re
import statistics
import subprocess
import sys

VOCABULARY = 21_128
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LENGTH, BATCH = 128, 32
VOID_BELOW = 14_000.0  # tokens/s of the peer
KEEP_FREED_MEMORY = {  # glibc; what mallopt sets in tpretrain
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TOP_PAD_": "67108864",
}
WARM_UP = 0.25  # share of the reports of a run that is left out
REPORT = 5  # steps between two reports

RECIPE = """\
name: bench
seed: 1
tokenizer: {{wordpiece: {{vocab: vocab.txt, size: {vocabulary}}}}}
data:
  train: {{text: {{files: tpretrain.bin, source: corpus.txt}}}}
  processor: {{sentence_pair: {{length: {length}, random_next: 0.5, short_rate: 0, mask: {{rate: 0.15, unit: token}}}}}}
model:
  embedding: {{sum: [word, {{position: {{max: 512}}}}, {{segment: {{types: 2}}}}], norm: {{layer: {{eps: 1e-6}}}}, dropout: 0.1}}
  encoder: {{transformer: {{layers: 2, hidden: 128, heads: 2, ffn: 512, order: post, norm: {{layer: {{eps: 1e-6}}}}, activation: gelu, dropout: 0.1}}}}
  pool: {{cls: {{dense: tanh}}}}
  target: [{{mlm: {{tie: embedding.word}}}}, {{pair_match: {{name: nsp}}}}]
train:
  duration: {steps} steps
  batch: {batch} samples
  micro_batch: {batch}
  optimizer: {{adamw: {{lr: 2e-5, bias_correction: false, weight_decay: 0.01}}}}
  schedule: {{linear: {{warmup: {warmup} steps}}}}
  precision: fp32
  device: cpu
log: {{every: {report}}}
"""


def word(index):
    """The index-th word: letters only, so that the tokenizers split nothing."""
    letters = ""
    for _ in range(4):
        index, letter = divmod(index, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def write_inputs(folder, documents, seed=1):
    """Vocabulary and corpus: documents of 60 sentences of 20 to 60 words, drawn like real words."""
    words = [word(i) for i in range(VOCABULARY - len(SPECIAL))]
    (folder / "vocab.txt").write_text("\n".join(SPECIAL + words) + "\n")
    weights = [1.0 / (rank + 10) for rank in range(len(words))]
    total, cumulative = 0.0, []
    for weight in weights:
        total += weight
        cumulative.append(total)
    source = random.Random(seed)
    with open(folder / "corpus.txt", "w") as file:
        for _ in range(documents):
            for _ in range(60):
                count = source.randint(20, 60)
                line = source.choices(words, cum_weights=cumulative, k=count)
                file.write(" ".join(line) + "\n")
            file.write("\n")


class Peer:
    """TencentPretrain: its own preprocess.py and pretrain.py, unchanged."""

    def __init__(self, args, folder, name, settings):
        self.args, self.folder, self.name = args, folder, name
        self.checkout = pathlib.Path(args.peer).resolve()
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads), **settings)
        self.environment["PYTHONPATH"] = str(self.checkout)
        if args.ld_library_path:
            self.environment["LD_LIBRARY_PATH"] = args.ld_library_path

    def run_script(self, script, *options):
        command = [self.args.python, str(self.checkout / script), *map(str, options)]
        # It reads models/special_tokens_map.json relative to the working directory.
        return run(command, self.checkout, self.environment)

    def prepare(self):
        config = json.loads((self.checkout / "models/bert/tiny_config.json").read_text())
        (self.folder / "peer.json").write_text(json.dumps(config))
        # fmt: off
        self.run_script("preprocess.py", "--corpus_path", self.folder / "corpus.txt",
                        "--vocab_path", self.folder / "vocab.txt", "--data_processor", "bert",
                        "--dataset_path", self.folder / "peer.pt", "--seq_length", LENGTH,
                        "--dup_factor", 1, "--short_seq_prob", 0, "--processes_num", 1)
        # fmt: on

    def real_share(self):
        """Share of real tokens in the rows that the peer trains on."""
        padding = rows = 0
        with open(self.folder / "peer.pt", "rb") as file:  # written by prepare() just before
            while True:
                try:
                    instance = pickle.load(file)
                except EOFError:
                    break
                padding += instance[0][1]
                rows += 1
        return 1.0 - padding / (rows * LENGTH)

    def measure(self):
        steps = self.args.steps
        # fmt: off
        output = self.run_script(
            "pretrain.py", "--dataset_path", self.folder / "peer.pt",
            "--vocab_path", self.folder / "vocab.txt", "--config_path", self.folder / "peer.json",
            "--output_model_path", self.folder / "peer.bin", "--data_processor", "bert",
            "--batch_size", BATCH, "--total_steps", steps, "--save_checkpoint_steps", 10 * steps,
            "--report_steps", REPORT)
        # fmt: on
        return settled([float(x) for x in re.findall(r"\|\s*([0-9.]+) tokens/s", output)], "peer")

    def version(self):
        code = "import torch, platform; print(torch.__version__, 'Python', platform.python_version())"
        return "torch " + run([self.args.python, "-c", code], self.folder, self.environment).strip()


class Ours:
    """tpretrain: the program, with the recipe above."""

    name = "tpretrain"

    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.program = str(pathlib.Path(args.tpretrain).resolve())
        self.environment = dict(os.environ, OMP_NUM_THREADS=str(args.threads))
        self.recipe = folder / "recipe.yaml"

    def prepare(self):
        values = {"vocabulary": VOCABULARY, "length": LENGTH, "batch": BATCH, "report": REPORT}
        values |= {"steps": self.args.steps, "warmup": max(1, self.args.steps // 10)}
        self.recipe.write_text(RECIPE.format(**values))
        run([self.program, "preprocess", str(self.recipe)], self.folder, self.environment)

    def measure(self):
        place = self.folder / "run"
        command = [self.program, "pretrain", str(self.recipe), "--run", str(place), "--fresh"]
        run(command, self.folder, self.environment)
        lines = (place / "metrics.jsonl").read_text().splitlines()[1:]
        records = [json.loads(line) for line in lines]
        rates = [r["tokens_per_s"] for r in records if r.get("split") == "train"]
        return settled(rates, "tpretrain")

    def version(self):
        return run([self.program, "--version"], self.folder, self.environment).strip()


def run(command, folder, environment):
    """Runs a command to its end; its output, both streams. Stops everything when it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexited with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def settled(rates, who):
    """Median of the reports of one run after its warm-up."""
    kept = rates[int(len(rates) * WARM_UP) :]
    if len(kept) < 3:
        sys.exit(f"{who} reported {len(rates)} rates; at least 4 are needed: raise --steps")
    return statistics.median(kept)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def summary(name, rates):
    middle = statistics.median(rates)
    spread = (max(rates) - min(rates)) / middle
    listed = " ".join(f"{rate:,.0f}" for rate in rates)
    print(f"{name:<19} median {middle:10,.0f} tok/s   spread {spread:6.1%}   runs {listed}")
    return middle


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, help="checkout of TencentPretrain")
    parser.add_argument("--python", default=sys.executable, help="a Python with torch, six, regex")
    parser.add_argument("--ld-library-path", default="", help="LD_LIBRARY_PATH of that Python")
    parser.add_argument("--tpretrain", default="", help="program; without it only the peer runs")
    parser.add_argument("--scratch", required=True, help="folder for data and runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60, help="steps of one run")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main():
    args = arguments()
    folder = pathlib.Path(args.scratch).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # About 19 rows a document: enough for every step of a run to see new rows.
    write_inputs(folder, documents=max(50, args.steps * BATCH // 16))
    peers = [
        Peer(args, folder, "TencentPretrain", {}),
        Peer(args, folder, "  freed memory kept", KEEP_FREED_MEMORY),
    ]
    sides = peers + ([Ours(args, folder)] if args.tpretrain else [])
    for side in [peers[0]] + sides[len(peers) :]:
        print(f"{side.name}: {side.version()}", flush=True)
        side.prepare()
    print(f"processor: {processor()}, {args.threads} threads; {args.steps} steps a run")
    print(f"real tokens in the peer's rows: {peers[0].real_share():.1%}", flush=True)

    rates = {side.name: [] for side in sides}
    for number in range(args.rounds):
        for side in sides:
            rates[side.name].append(side.measure())
            print(f"round {number + 1} {side.name}: {rates[side.name][-1]:,.0f} tok/s", flush=True)

    medians = [summary(side.name, rates[side.name]) for side in sides]
    fastest = max(medians[: len(peers)])
    for ours in medians[len(peers) :]:
        print(f"ratio to the peer as shipped {ours / medians[0]:.2f}, to the faster peer {ours / fastest:.2f}")
    if fastest < VOID_BELOW:
        print(f"VOID: the peer ran below {VOID_BELOW:,.0f} tok/s")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares SentencePiece ids of `tpretrain tokenizer encode` with the Python package's.

    sentencepiece_parity.py [--program build/release/bin/tpretrain] [--model M] [--fuzz 100000]

Without --model, models of every kind are trained on generated sentences; all with byte fallback and
without. Needs the Python package `sentencepiece`; exits 1 on any difference.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import sentencepiece

WORDS = ("the painted painting paints a small smaller dog dogs runs running over green hill hills caf\u00e9 na\u00efve "
         "\u4e2d\u6587 \u65e5\u672c \u043f\u0440\u0438\u0432\u0435\u0442 1999 3.14 don't ! ? ,").split()
RANGES = [(0x20, 0x7E)] * 6 + [(0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x2000, 0x2FFF), (0x3000, 0x30FF),
          (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFEF), (0x1F300, 0x1FAFF), (0x0, 0x10FFFF)]


def sentences(rng, count):
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randint(4, 12))) for _ in range(count)]


def train(folder, kind, fallback, lines):
    prefix = folder / f"{kind}{int(fallback)}"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(prefix), model_type=kind, byte_fallback=fallback,
        vocab_size=400 if fallback else 140, hard_vocab_limit=False, minloglevel=2,
        user_defined_symbols=["<image>"],
    )
    return Path(f"{prefix}.model")


def random_code_point(rng):
    c = rng.randint(*rng.choice(RANGES))
    return "x" if c == 10 or 0xD800 <= c < 0xE000 else chr(c)


def random_part(rng):
    kind = rng.randrange(8)
    if kind < 4:
        return rng.choice(["", " "]) + rng.choice(WORDS)
    if kind == 4:
        return rng.choice([" ", "  ", "\t", "\u3000", "\u00a0", "\u2581", "<image>", "<s>", "</s>", "<unk>", "<0xE4>"])
    return "".join(random_code_point(rng) for _ in range(rng.randint(1, 4)))


def ours(program, model, strings):
    with tempfile.NamedTemporaryFile("wb", suffix=".txt") as file:
        file.write("".join(s + "\n" for s in strings).encode())
        file.flush()
        command = [program, "tokenizer", "encode", "--sentencepiece", str(model), "--no-special", file.name]
        lines = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()
    if len(lines) != len(strings):
        sys.exit(f"{len(strings)} strings gave {len(lines)} lines")
    return [json.loads(line)["ids"] for line in lines]


def check(program, model, strings):
    peer = sentencepiece.SentencePieceProcessor(model_file=str(model))
    different = 0
    for string, a, b in zip(strings, ours(program, model, strings), peer.encode(strings)):
        if a != b:
            different += 1
            if different <= 5:
                print(f"  {string!r}: ours {a}, theirs {b}")
    print(f"{model.name}: {len(strings)} strings, {different} differ", flush=True)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/tpretrain")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--fuzz", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    strings = ["".join(random_part(rng) for _ in range(rng.randint(0, 10))) for _ in range(options.fuzz)]
    with tempfile.TemporaryDirectory() as folder:
        lines = sentences(rng, 2000)
        models = [options.model] if options.model else [
            train(Path(folder), kind, fallback, lines)
            for kind in ("unigram", "bpe", "char", "word") for fallback in (False, True)
        ]
        different = sum(check(options.program, model, strings) for model in models)
    print(f"{len(models)} models, {len(strings)} strings each, {different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

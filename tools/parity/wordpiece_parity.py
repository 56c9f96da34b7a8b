#!/usr/bin/env python3
"""Compares WordPiece ids of `tpretrain tokenizer encode` with Hugging Face's fast tokenizer.

    wordpiece_parity.py --program build/release/bin/tpretrain --vocab vocab.txt [--fuzz 1000000]

Inputs: every code point alone and between letters (with a vocabulary that has every code point as a
piece, so that nothing hides behind [UNK]), special tokens inside text, and fuzzed strings; each
lowercased and cased. A difference counts as explained when the string has a code point that this
Python's table of Unicode (its version is printed) does not assign and is equal without it: such code
points are listed. Needs the Python package
`tokenizers`; exits 1 on any other difference.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

from tokenizers import BertWordPieceTokenizer

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BATCH = 100_000


def code_points():
    return (c for c in range(0x110000) if c != 10 and not 0xD800 <= c < 0xE000)


def write_exhaustive_vocabulary(path):
    """Special tokens, then every code point as a word and as a continuation."""
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for token in SPECIAL:
            out.write(token + "\n")
        for c in code_points():
            if c != 13 and not chr(c).isspace():
                out.write(f"{chr(c)}\n##{chr(c)}\n")


def unassigned(c):
    return unicodedata.category(c) == "Cn"


class Pair:
    """Both tokenizers over one vocabulary."""

    def __init__(self, program, vocab, lowercase):
        self.command = [program, "tokenizer", "encode", "--wordpiece", str(vocab), "--no-special"]
        self.command += ["--lowercase"] if lowercase else []
        self.peer = BertWordPieceTokenizer(str(vocab), lowercase=lowercase)

    def ours(self, strings):
        with tempfile.NamedTemporaryFile("wb", suffix=".txt") as file:
            file.write("".join(s + "\n" for s in strings).encode())
            file.flush()
            lines = subprocess.run(
                self.command + [file.name], check=True, stdout=subprocess.PIPE
            ).stdout.splitlines()
        if len(lines) != len(strings):
            sys.exit(f"{len(strings)} strings gave {len(lines)} lines")
        return [json.loads(line)["ids"] for line in lines]

    def theirs(self, strings):
        encoded = self.peer._tokenizer.encode_batch_fast(strings, add_special_tokens=False)
        return [e.ids for e in encoded]

    def differences(self, strings):
        pairs = zip(strings, self.ours(strings), self.theirs(strings))
        return [(s, a, b) for s, a, b in pairs if a != b]


class Report:
    def __init__(self):
        self.strings = 0
        self.unexplained = 0
        self.explained = 0
        self.newer = set()

    def check(self, name, pair, strings):
        found = []
        for start in range(0, len(strings), BATCH):
            found += pair.differences(strings[start : start + BATCH])
        rest = ["".join(c for c in s if not unassigned(c)) for s, _, _ in found]
        still = {s for s, _, _ in pair.differences(rest)} if rest else set()
        unexplained = 0
        for (string, ours, theirs), without in zip(found, rest):
            if without == string or without in still:
                unexplained += 1
                if unexplained <= 5:
                    print(f"  {string!r}: ours {ours}, theirs {theirs}")
            else:
                newer = {c for c in string if unassigned(c)}
                self.newer.update(newer if len(newer) == 1 else ())
        self.strings += len(strings)
        self.unexplained += unexplained
        self.explained += len(found) - unexplained
        print(f"{name}: {len(strings)} strings, {len(found)} differ, {unexplained} unexplained",
              flush=True)


def special_token_strings():
    glue = ["", " ", "a", "A", "[", "]", ".", "\u4e2d", "\u0301", "\u00e9", "\t", "##"]
    broken = ["[mask]", "[ MASK ]", "[MASK", "MASK]", "[[MASK]]", "[MA[MASK]SK]", "[MASK]]", "[X]"]
    for token in SPECIAL + broken:
        for left in glue:
            for right in glue:
                yield left + token + right
                yield left + token + token + right


MARKS = "\u0300\u0301\u0308\u0327\u0323\u302e\u302f\u0345\U0001d165\U0001d16d\u1b44\ua953\u0903\u093c"
SPACES = " \t\r\u00a0\u2003\u3000\u2028\u0085\u200b\u200d\ufeff\x00\x0b\x1f\u202f"
ODD = "\u0130\u0131\u00df\u1e9e\u03a3\u03c2\u212a\ufb01\uac00\ud7a3\u1112\u1161\u11ab\u037e\u1fef\u2260"
RANGES = [(0x21, 0x7E)] * 4 + [(0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x1FFF),
          (0x2000, 0x2FFF), (0x3000, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFF),
          (0x10000, 0x1FFFF), (0x20000, 0x323AF), (0xE0000, 0xE01EF), (0x0, 0x10FFFF)]


def random_code_point(rng):
    first, last = rng.choice(RANGES)
    c = rng.randint(first, last)
    return "x" if c == 10 or 0xD800 <= c < 0xE000 else chr(c)


def random_part(rng, pieces):
    kind = rng.randrange(12)
    if kind < 4:
        return rng.choice(pieces)
    if kind == 4:
        return rng.choice(pieces).upper()
    if kind == 5:
        return rng.choice(SPACES)
    if kind == 6:
        return "".join(rng.choice(MARKS) for _ in range(rng.randint(1, 4)))
    if kind == 7:
        return rng.choice(ODD)
    if kind == 8 and rng.random() < 0.1:
        return "".join(rng.choice("abc\u00e9\u0301") for _ in range(rng.randint(90, 130)))
    if kind == 9:
        return rng.choice(SPECIAL + ["[", "]", "##", "[mask]"])
    if kind == 10:
        return " "
    return "".join(random_code_point(rng) for _ in range(rng.randint(1, 4)))


def fuzzed_strings(rng, pieces, count):
    for _ in range(count):
        yield "".join(random_part(rng, pieces) for _ in range(rng.randint(0, 12)))


def read_pieces(vocab):
    lines = Path(vocab).read_text(encoding="utf-8").split("\n")
    return [line.removeprefix("##") for line in lines if line and not line.isspace()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--fuzz", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = Report()
    pieces = read_pieces(options.vocab)
    with tempfile.TemporaryDirectory() as folder:
        exhaustive = Path(folder) / "exhaustive.txt"
        write_exhaustive_vocabulary(exhaustive)
        for lowercase in (True, False):
            form = "lowercase" if lowercase else "cased"
            whole = Pair(options.program, exhaustive, lowercase)
            usual = Pair(options.program, options.vocab, lowercase)
            report.check(f"{form}, code points alone", whole, [chr(c) for c in code_points()])
            report.check(f"{form}, code points between letters", whole,
                         [f"a{chr(c)}b" for c in code_points()])
            report.check(f"{form}, special tokens", usual, list(special_token_strings()))
            rng = random.Random(options.seed + lowercase)
            half = options.fuzz // 2
            report.check(f"{form}, fuzz", usual, list(fuzzed_strings(rng, pieces, half)))
            report.check(f"{form}, fuzz, every code point a piece", whole,
                         list(fuzzed_strings(rng, pieces, options.fuzz - half)))
    newer = " ".join(f"U+{ord(c):04X}" for c in sorted(report.newer))
    print(f"{report.strings} strings, {report.unexplained} unexplained differences")
    print(f"{report.explained} explained by a table newer than {unicodedata.unidata_version}: {newer or 'none'}")
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares CLIP ids of `tpretrain tokenizer encode` with open_clip's SimpleTokenizer.

    clip_bpe_parity.py [--program build/release/bin/tpretrain] [--vocab bpe_simple_vocab_16e6.txt.gz]
                       [--fuzz 1000000] [--seed 1]

The vocabulary is open_clip's own unless another is named. Inputs: every code point alone and
between letters, every HTML reference in several spellings, special tokens inside text, and fuzzed
strings. A difference is explained, counted and listed in two cases only:

- wrong encoding: ftfy changes the string by guessing that it was decoded wrongly, and with that one
  step off (ftfy's fix_encoding=False) open_clip gives our ids;
- newer Unicode: the string has a code point that Python's tables do not assign, and the ids are
  equal without it (the package `regex` has newer tables, utf8proc older ones). The first 40 are
  listed.

Needs the Python packages open_clip_torch, ftfy, regex; exits 1 on any other difference.
"""

import argparse
import html
import html.entities
import json
import random
import subprocess
import sys
import tempfile
import unicodedata
from collections import Counter

import ftfy
from open_clip import tokenizer as peer

BATCH = 50_000
SPECIAL = ["<start_of_text>", "<end_of_text>", "<|startoftext|>", "<|endoftext|>"]
MARKS = "\u0300\u0301\u0308\u0327\u0323\u302e\u0345\U0001d165\U0001d16d\u1b44\ua953\u093c\u3099"
SPACES = " \t\r\x0b\x0c\x1c\x1f\u0085\u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"
ODD = ("\u0130\u0131\u00df\u1e9e\u03a3\u03c2\u017f\u212a\ufb01\ufb05\u0149\u01c5\u0132\uac00\ud7a3"
       "\u1112\u1161\u11ab\u037e\u1fef\u2260\uff21\uff76\uff9e\uffa0\uffe3\u02bc\u2018\u201d\u2160"
       "\u24b6\u00aa\x00\x07\x1b\x7f\u0091\u0085\u206a\ufffc\ufffd\u00ad\u200d\ufe0f\U0001f468")
RANGES = [(0x20, 0x7E)] * 8 + [(0xA0, 0x24F), (0x250, 0x36F), (0x370, 0x5FF), (0x600, 0x1FFF),
          (0x2000, 0x2FFF), (0x3000, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFEF),
          (0x10000, 0x1FFFF), (0x1F300, 0x1FAFF), (0x20000, 0x323AF), (0x0, 0x10FFFF)]
WORDS = ("a photo of the dog's two cats' ears I'M we'll you'd they've can't it'S 'Re don''t 1999 3.14 "
         "#tag @me https://a.b/c?d=e&f=g C++ \u03a3\u0391\u03a3 \u03a3 na\u00efve \u4e2d\u6587 "
         "\u043f\u0440\u0438\u0432\u0435\u0442 \u0627\u0644 \uc548\ub155 \U0001f600 \u2014 ... \u2026 \u201cq\u201d").split()
ESCAPES = ["\x1b[0m", "\x1b[1;31mred", "\x1b[", "\x1b[12", "\x1b[\u0661m", "\x1b]x", "\x1b[;;;K"]


def known(c):
    return unicodedata.category(c) != "Cn"


class Pair:
    """Both tokenizers over one vocabulary."""

    def __init__(self, program, vocab):
        self.command = [program, "tokenizer", "encode", "--clip-bpe", vocab, "--no-special"]
        self.peer = peer.SimpleTokenizer(vocab)

    def ours(self, strings):
        with tempfile.NamedTemporaryFile("wb", suffix=".txt") as file:
            file.write("".join(s.replace("\n", " ") + "\n" for s in strings).encode())
            file.flush()
            lines = subprocess.run(
                self.command + [file.name], check=True, stdout=subprocess.PIPE
            ).stdout.splitlines()
        if len(lines) != len(strings):
            sys.exit(f"{len(strings)} strings gave {len(lines)} lines")
        return [json.loads(line)["ids"] for line in lines]

    def theirs(self, string, repair=True):
        fix = peer.ftfy.fix_text
        if not repair:
            peer.ftfy.fix_text = lambda text: fix(text, fix_encoding=False)
        try:
            return self.peer.encode(string)
        finally:
            peer.ftfy.fix_text = fix


class Report:
    def __init__(self, pair):
        self.pair = pair
        self.strings = 0
        self.explained = Counter()
        self.unexplained = 0
        self.newer = set()

    def reasons(self, found):
        """The class of each (string, ours) that differs; None when it has none."""
        texts = [html.unescape(html.unescape(string)) for string, _ in found]
        rest = ["".join(c for c in text if known(c)) for text in texts]
        for (string, ours), text, without, ours_rest in zip(
            found, texts, rest, self.pair.ours(rest)
        ):
            if self.pair.theirs(string, repair=False) == ours:
                yield "wrong encoding"
            elif without != text and ours_rest in (
                self.pair.theirs(without), self.pair.theirs(without, repair=False)
            ):
                newer = {c for c in text if not known(c)}
                self.newer |= newer if len(newer) == 1 else set()
                yield "newer Unicode"
            else:
                yield None

    def check(self, name, strings):
        found = []
        for start in range(0, len(strings), BATCH):
            batch = strings[start : start + BATCH]
            found += [(s, a) for s, a in zip(batch, self.pair.ours(batch)) if a != self.pair.theirs(s)]
        counts = Counter()
        for (string, ours), reason in zip(found, self.reasons(found)):
            counts[reason] += 1
            if reason is None and counts[None] <= 5:
                print(f"  {string!r}: ours {ours}, theirs {self.pair.theirs(string)}")
        self.unexplained += counts.pop(None, 0)
        self.explained += counts
        self.strings += len(strings)
        print(f"{name}: {len(strings)} strings, {dict(counts)}, "
              f"{self.unexplained} unexplained so far", flush=True)


def code_points():
    return [chr(c) for c in range(0x110000) if c != 10 and not 0xD800 <= c < 0xE000]


def reference_strings():
    for name in html.entities.html5:
        for form in (name, name.upper(), name.rstrip(";"), name.rstrip(";") + "x", "amp;" + name):
            yield f"a &{form} b"
            yield f"<&{form}"
    for number in [*range(0x120), 0xD800, 0xFDD0, 0xFFFE, 0xFFFF, 0x1FFFF, 0x10FFFF, 0x110000, 10**30]:
        for form in (f"{number};", f"{number}", f"x{number:X};", f"X{number:x}z", f"{number}z;"):
            yield f"a&#{form}b"


def special_strings():
    glue = ["", " ", "a", "A", "<", ">", "|", "'s", "\u4e2d", "\u017f", "\t", "1"]
    odd = ["<START_OF_TEXT>", "<\u017ftart_of_text>", "<end_of_text", "end_of_text>", "'\u017f", "'LL"]
    for token in SPECIAL + odd:
        for left in glue:
            for right in glue:
                yield left + token + right
                yield left + token + token + right


def random_code_point(rng):
    first, last = rng.choice(RANGES)
    c = rng.randint(first, last)
    return "x" if c == 10 or 0xD800 <= c < 0xE000 else chr(c)


def random_reference(rng, names):
    name = rng.choice(names)
    name = rng.choice([name, name, name.upper(), name.rstrip(";"), "amp;" + name, "lt;", "#39;"])
    return "&" + rng.choice([name, f"#{rng.randrange(0x3000)};", f"#x{rng.randrange(0x3000):x};"])


def random_part(rng, names):
    kind = rng.randrange(16)
    if kind < 6:
        return rng.choice(["", " "]) + rng.choice(WORDS)
    if kind == 6:
        return rng.choice(WORDS).upper()
    if kind == 7:
        return rng.choice(SPACES)
    if kind == 8:
        return "".join(rng.choice(MARKS) for _ in range(rng.randint(1, 4)))
    if kind == 9:
        return rng.choice(ODD)
    if kind == 10:
        return random_reference(rng, names)
    if kind == 11:
        return rng.choice(SPECIAL + ESCAPES + ["<", "&", "'", "<b>"])
    if kind == 12 and rng.random() < 0.2:
        return "".join(rng.choice("abcde\u00e9\u0301") for _ in range(rng.randint(40, 130)))
    if kind < 14:
        return " "
    return "".join(random_code_point(rng) for _ in range(rng.randint(1, 4)))


def fuzzed_strings(seed, count):
    rng = random.Random(seed)
    names = sorted(html.entities.html5)
    for _ in range(count):
        yield "".join(random_part(rng, names) for _ in range(rng.randint(0, 10)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/tpretrain")
    parser.add_argument("--vocab", default=peer.default_bpe())
    parser.add_argument("--fuzz", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    report = Report(Pair(options.program, options.vocab))
    report.check("code points alone", code_points())
    report.check("code points between letters", [f"a{c}B" for c in code_points()])
    report.check("HTML references", list(reference_strings()))
    report.check("special tokens", list(special_strings()))
    report.check("fuzz", list(fuzzed_strings(options.seed, options.fuzz)))
    newer = " ".join(f"U+{ord(c):04X}" for c in sorted(report.newer)[:40])
    print(f"{report.strings} strings, {report.unexplained} unexplained differences")
    print(f"explained: {dict(report.explained)} of ftfy {ftfy.__version__}, Python's Unicode "
          f"{unicodedata.unidata_version}; code points newer than it: {len(report.newer)}")
    if newer:
        print(newer)
    return 1 if report.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())

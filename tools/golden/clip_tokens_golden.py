#!/usr/bin/env python3
"""Writes tests/golden/clip/tokens.json: a checksum of CLIP's ids for many generated strings.

Usage: clip_tokens_golden.py [OUT]        (OUT defaults to tests/golden/clip/tokens.json)
Needs: open_clip_torch, ftfy. The strings are put together from PARTS by a generator that the test
has too; neither they nor the vocabulary are in the repository.
"""

import importlib.metadata
import json
import pathlib
import sys
import zlib

from open_clip import tokenizer

SEED = 20240229
STRINGS = 20_000
PARTS = [
    " ", " ", " ", "a photo of", " the ", "DOG", "dog's", "'LL", "don't", "it's", " 1984", "3.14", ",", "!!", "...",
    "https://x.org/?a=b&c=d", "#tag", "@me", "&amp;", "&lt;br&gt;", "&eacute", "&#233;", "&#x1F600;", "<",
    "<start_of_text>", "<end_of_text>", "<|endoftext|>", "caf\u00e9", "nai\u0308ve", "\ufb02u\ufb03", "\uff21\uff22",
    "\uff76\uff9e", "\u201cq\u201d", "\u2019s", "\u2026", "\u2014", "\u4e2d\u6587", "\u65e5\u672c\u8a9e",
    "\ud55c\uad6d\uc5b4", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u0645\u0631\u062d\u0628\u0627",
    "\u039f\u0394\u039f\u03a3", "\u0130", "\u00df", "\U0001f600", "\U0001f468\u200d\U0001f469", "\u2153", "\u2163",
    "\u00a0", "\u3000", "\t", "\x1b[31m", "\ufeff", "antidisestablishmentarianism", "zzzzzzzz",
]


def draws(seed):
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) % 2**32
        yield state >> 8


def strings():
    numbers = draws(SEED)
    for _ in range(STRINGS):
        count = next(numbers) % 12
        yield "".join(PARTS[next(numbers) % len(PARTS)] for _ in range(count))


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/golden/clip/tokens.json"
    peer = tokenizer.SimpleTokenizer()
    crc = 0
    for string in strings():
        crc = zlib.crc32(("".join(f"{i} " for i in peer.encode(string)) + "\n").encode(), crc)
    golden = {
        "open_clip": importlib.metadata.version("open_clip_torch"),
        "ftfy": importlib.metadata.version("ftfy"),
        "seed": SEED,
        "strings": STRINGS,
        "parts": PARTS,
        "crc32": crc,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

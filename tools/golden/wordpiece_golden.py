#!/usr/bin/env python3
"""Makes tests/golden/wordpiece: what Hugging Face's fast BERT tokenizer gives.

    wordpiece_golden.py [FOLDER]

vocab.txt         a small vocabulary: special tokens, characters, the words and suffixes below
encode.jsonl      strings with their ids over vocab.txt, lowercased and cased
code_points.json  CRC-32 of the ids (little-endian uint32) of every 1,024 code points of planes 0 to
                  3, each alone and between letters, over a vocabulary that the test builds the same
                  way: special tokens, then for every code point c that is no white space "c", "##c"

Code points that Unicode 15.0 does not assign but the peer lowercases are left out ("skip").
"""

import json
import random
import struct
import sys
import tempfile
import unicodedata
import zlib
from pathlib import Path

import tokenizers
from tokenizers import BertWordPieceTokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools" / "parity"))
from wordpiece_parity import SPECIAL, fuzzed_strings, read_pieces, special_token_strings  # noqa: E402

LIMIT = 0x33400
BLOCK = 1024
WORDS = """the a of and to in is it was that with for on as at by this boat harbour lantern rain
window morning letter river stone garden under over before after between reader writer small large
green seven words read write walk talk run sail paint light night Paris London Anna Peter""".split()
SUFFIXES = "s ed ing er est ly ness less ful ment tion able ish en 's".split()
CHINESE = "\u7684\u4e00\u4e86\u662f\u6211\u4e0d\u5728\u4eba\u4eec\u6709\u6765\u4ed6\u8fd9\u4e0a\u8239\u6e2f\u706f\u96e8\u7a97\u4e2d\u6587"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u3002\uff0c\uff01\u2014\u201c\u201d"
STRINGS = [
    "", " ", "The boat left the harbour before the rain.", "Readers read; writers write!",
    "\u8239\u5728\u6e2f\u4e2d\u3002\u706f\u662f\u7eff\u7684", "Caf\u00e9 na\u00efve \u00c5ngstr\u00f6m e\u0301", "unaffable walkings",
    "x" * 100, "x" * 101, "\u00e9" * 100, "\u00e9" * 101, "don't stop\u2014now", "a\x00b\ufffdc\u200dd",
    "\uac00\ub098 \u30ab\u30bf\u30ab\u30ca", "\u0130stanbul \u1e9e \u00df \u03a3\u03c2", "tab\there\u00a0and\u3000there",
]


def unassigned_but_lowercased(c):
    return unicodedata.category(chr(c)) == "Cn" and (
        tokenizers.normalizers.Lowercase().normalize_str(chr(c)) != chr(c))


def write_vocabulary(path):
    pieces = list(SPECIAL)
    for c in LETTERS + "\u00e9\u00fc\u00df\u0131\u03c3\u30ab\u30bf\u1100\u1161":
        pieces += [c, "##" + c]
    pieces += list(PUNCTUATION) + list(CHINESE) + WORDS
    pieces += [w.capitalize() for w in WORDS if w.islower()] + ["##" + s for s in SUFFIXES]
    path.write_text("".join(p + "\n" for p in dict.fromkeys(pieces)), encoding="utf-8")


def encode(tokenizer, strings):
    batch = tokenizer._tokenizer.encode_batch_fast(strings, add_special_tokens=False)
    return [e.ids for e in batch]


def write_strings(folder):
    rng = random.Random(1)
    pieces = read_pieces(folder / "vocab.txt")
    strings = STRINGS + list(special_token_strings())[::60]
    strings += list(fuzzed_strings(rng, pieces, 400))
    with open(folder / "encode.jsonl", "w", encoding="ascii") as out:
        for lowercase in (True, False):
            tokenizer = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=lowercase)
            for text, ids in zip(strings, encode(tokenizer, strings)):
                line = {"lowercase": lowercase, "text": text, "ids": ids}
                out.write(json.dumps(line) + "\n")


def is_space(c):
    return chr(c).isspace()


def usable(c):
    return not 0xD800 <= c < 0xE000


def block_sums(tokenizer, skip):
    sums = []
    for first in range(0, LIMIT, BLOCK):
        chars = [chr(c) for c in range(first, first + BLOCK) if usable(c) and c not in skip]
        ids = encode(tokenizer, chars + [f"a{c}b" for c in chars])
        data = b"".join(struct.pack(f"<{len(i)}I", *i) for i in ids)
        sums.append(zlib.crc32(data))
    return sums


def write_code_points(folder):
    skip = [c for c in range(LIMIT) if usable(c) and unassigned_but_lowercased(c)]
    spaces = [c for c in range(LIMIT) if usable(c) and is_space(c)]
    result = {"tokenizers": tokenizers.__version__, "limit": LIMIT, "block": BLOCK, "skip": skip,
              "spaces": spaces}
    with tempfile.TemporaryDirectory() as scratch:
        vocab = Path(scratch) / "vocab.txt"
        with open(vocab, "w", encoding="utf-8", newline="\n") as out:
            out.write("".join(t + "\n" for t in SPECIAL))
            for c in range(LIMIT):
                if usable(c) and c not in spaces:
                    out.write(f"{chr(c)}\n##{chr(c)}\n")
        for lowercase in (True, False):
            tokenizer = BertWordPieceTokenizer(str(vocab), lowercase=lowercase)
            result["lowercase" if lowercase else "cased"] = block_sums(tokenizer, set(skip))
    (folder / "code_points.json").write_text(json.dumps(result) + "\n", encoding="ascii")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "golden" / "wordpiece"
    folder.mkdir(parents=True, exist_ok=True)
    write_vocabulary(folder / "vocab.txt")
    write_strings(folder)
    write_code_points(folder)


if __name__ == "__main__":
    main()

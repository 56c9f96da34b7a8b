#!/usr/bin/env python3
"""Times WordPiece against Hugging Face's tokenizers on the same text, one thread each, interleaved.

    wordpiece_speed.py --program build/release/bin/tpretrain --vocab vocab.txt --lowercase TEXT...

Ours is the whole of `tpretrain preprocess --threads 1` (read, split, encode, write); the peer is
`encode_batch_fast` alone on lines already in memory. Both must give the same number of tokens.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import BertWordPieceTokenizer  # noqa: E402

BATCH = 1000


def ours(options, folder):
    command = [options.program, "preprocess", "--wordpiece", options.vocab, "--threads", "1"]
    command += ["--lowercase"] if options.lowercase else []
    command += ["--overwrite", "--json", "-q", "-o", os.path.join(folder, "out"), *options.files]
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    output = result["outputs"][0]
    return output["bytes"] / output["seconds"], output["tokens"]


def theirs(options, lines, size):
    tokenizer = BertWordPieceTokenizer(options.vocab, lowercase=options.lowercase)._tokenizer
    start = time.perf_counter()
    tokens = 0
    for first in range(0, len(lines), BATCH):
        batch = tokenizer.encode_batch_fast(lines[first : first + BATCH], add_special_tokens=False)
        tokens += sum(len(encoding) for encoding in batch)
    return size / (time.perf_counter() - start), tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--lowercase", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    lines = []
    size = 0
    for name in options.files:
        with open(name, encoding="utf-8", newline="\n") as file:
            text = file.read()
        size += len(text.encode())
        lines += text.split("\n")
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            our_rate, our_tokens = ours(options, folder)
            peer_rate, peer_tokens = theirs(options, lines, size)
            if our_tokens != peer_tokens:
                sys.exit(f"{our_tokens} tokens here, {peer_tokens} there")
            ratios.append(our_rate / peer_rate)
            print(f"tpretrain {our_rate / 1e6:.1f} MB/s, tokenizers {peer_rate / 1e6:.2f} MB/s, "
                  f"{ratios[-1]:.0f}x", flush=True)
    print(f"median {sorted(ratios)[len(ratios) // 2]:.0f}x over {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""English text out of the WordNet database: definitions and examples, grouped by topic.

Usage: wordnet_text.py DICT OUT

Reads DICT/data.{noun,verb,adj,adv} (wndb(5WN)) and writes OUT/train.txt and OUT/valid.txt: one
sentence a line, a blank line between documents. A document holds concepts with one thing above them
in common (hypernym, head adjective), so that its sentences belong together. A concept gives
"words: definition" and one sentence for each quoted example. Every 40th document is held out.
"""

import os
import pathlib
import re
import sys

PARTS = ("noun", "verb", "adj", "adv")
# Pointer to the concept that leads the group: hypernym, instance hypernym, head adjective.
UP = ("@", "@i", "&")
CONCEPTS = 12  # in one document at most
HELD_OUT = 40
EXAMPLE = re.compile(r'"([^"]+)"')


def parse(line):
    """(leader or None, words, gloss) of one line of a data file."""
    fields, gloss = line.split(" | ", 1)
    fields = fields.split(" ")
    count = int(fields[3], 16)
    words = [word.split("(")[0].replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
    pointers = fields[4 + 2 * count :]
    leader = None
    for i in range(int(pointers[0])):
        symbol, offset, part = pointers[1 + 4 * i : 4 + 4 * i]
        # The head of an adjective cluster points at its satellites too: only these look up.
        if symbol in UP and not (symbol == "&" and fields[2] != "s"):
            leader = (part, offset)
            break
    return leader, words, gloss.strip()


def sentences(words, gloss):
    """The definition, led by its words, and the examples."""
    examples = EXAMPLE.findall(gloss)
    definition = re.sub(r"\s+", " ", EXAMPLE.sub(" ", gloss)).strip(" ;,-")
    definition = re.sub(r"(; ?)+", "; ", definition)
    lines = [f"{', '.join(words)}: {definition}."] if definition else []
    for example in examples:
        example = re.sub(r"\s+", " ", example).strip(" ;,")
        if len(example.split()) >= 3:
            lines.append(example[0].upper() + example[1:] + ("" if example[-1] in ".!?" else "."))
    return lines


def documents(folder):
    """Lists of sentences, in the order of the files."""
    groups, order = {}, []
    for part in PARTS:
        text = (folder / f"data.{part}").read_text(encoding="latin-1")
        for number, line in enumerate(text.splitlines()):
            if line.startswith("  ") or " | " not in line:
                continue  # the licence at the top
            leader, words, gloss = parse(line)
            # Concepts without a leader (adverbs, the tops) stand with their neighbours.
            key = leader or (part, number // CONCEPTS)
            if key not in groups:
                groups[key] = []
                order.append(key)
            groups[key].append(sentences(words, gloss))
    for key in order:
        concepts = groups[key]
        for start in range(0, len(concepts), CONCEPTS):
            lines = [line for concept in concepts[start : start + CONCEPTS] for line in concept]
            if len(lines) >= 2:
                yield lines


def write(path, texts):
    partial = path.with_suffix(".partial")
    with open(partial, "w", encoding="utf-8") as file:
        for lines in texts:
            file.write("\n".join(lines) + "\n\n")
    os.replace(partial, path)
    return path.stat().st_size


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    found = list(documents(folder))
    held_out = found[HELD_OUT // 2 :: HELD_OUT]
    del found[HELD_OUT // 2 :: HELD_OUT]
    sizes = [write(out / "valid.txt", held_out), write(out / "train.txt", found)]
    print(f"{len(found)} + {len(held_out)} documents, {sizes[1]} + {sizes[0]} bytes of text")


if __name__ == "__main__":
    main()

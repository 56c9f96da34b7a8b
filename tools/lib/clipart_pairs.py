#!/usr/bin/env python3
"""Pairs of a picture and a caption out of Tux Paint stamps and Open Clip Art.

Usage: clipart_pairs.py STAMPS CLIPART OUT

Writes OUT/train.tsv and OUT/valid.tsv (columns image and caption, paths as given).

- A stamp's caption is the first line of the .txt beside its PNG, which is English.
- A clip art's caption is made of its file and folder names, without the author's name and the number
  behind it:
  animals/mammals/big_cats/b_w_tiger_susan_park_01.png gives "b w tiger, big cats, mammals, animals".
- Held out are 500 pairs of Open Clip Art whose picture (by content) and caption stand nowhere else,
  the first in the order of their contents' hashes.
"""

import collections
import hashlib
import pathlib
import re
import sys

HELD_OUT = 500
# The file names of Open Clip Art 0.18 are TITLE_AUTHOR_NN.png, or TITLE_AUTHOR_.png; what stands
# before the number is cut after so many characters.
FULL = 24
NUMBERED = re.compile(r"(.*?)_\d{0,2}[a-z]?")
# Authors of three and more pictures; others are told by being no words of any other name.
AUTHORS = """aj_ashton anthony_liekens architetto_francesco_rollandin benji_park brice_boyer
cedric_bosdonnat charles_mccolm christoph_brill costea_bogdan dan_gerhards danny_allen dave_pena
dirk_struve enrique_meza_c frederic_moser fudriot_omic.ch gerald_ganson gerald_g. guillaume_boitel
jarno_vasamaa jean-victor_balin jean_victor_balin joel_montes_de jon_phillips jonathan_dietrich
juliane_krug leif_lodahl linda_kim lumen_design_studio marcelo_staudt matthew_gates mauro_olivo
nathan_eady nicolas_clemente nicu_buculei petri_lumme roman_bertle saurabh_tumbde
sergio_luiz_araujo stefan_bazelkov susan_park tanguy_jacq toh_yen_cheng valessio_soares_de
yves_guillou frouke ganson mateya mimooh mo nurbldoff peterm romus zazou""".split()
# Said of where a picture was filed, not of what it shows.
SILENT = {"unsorted", "duplicates", "special", "examples"}


def words_of(text):
    """Words and numbers, apart, without the numbers at the end: those only tell pictures apart."""
    words = re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+", text)
    while words and words[-1].isdigit():
        words.pop()
    return words


def drop_author(stem):
    """The title in a file name, and whether it is known where the title ends."""
    numbered = NUMBERED.fullmatch(stem)
    base = (numbered.group(1) if numbered else stem).rstrip("_")
    is_cut = numbered and len(numbered.group(1)) >= FULL - 1
    tokens = base.split("_")
    for count in range(min(4, len(tokens) - 1), 0, -1):
        end = "_".join(tokens[-count:])
        for author in AUTHORS:
            if end == author or (is_cut and author.startswith(end) and len(end) > 1):
                return "_".join(tokens[:-count]), True
    if is_cut and len(tokens) > 1 and len(tokens[-1]) <= 2:
        tokens.pop()  # the start of a word
    return "_".join(tokens), numbered is None


def common_words(titles):
    """Words of two titles and more, and all of those whose end is known."""
    seen = collections.Counter()
    for title, is_known in titles:
        weight = 2 if is_known else 1
        seen.update({word: weight for word in set(words_of(title))})
    return {word for word, count in seen.items() if count >= 2}


def clip_art(root):
    """(path, caption) of every picture, in the order of the paths."""
    paths = sorted(root.rglob("*.png"))
    titles = [drop_author(path.stem.lower()) for path in paths]
    common = common_words(titles)
    for path, (title, is_known) in zip(paths, titles):
        words = words_of(title)
        while not is_known and len(words) > 1 and words[-1] not in common:
            words.pop()  # a rare author
        parts = [" ".join(words)]
        for folder in reversed(path.relative_to(root).parts[:-1]):
            if folder.lower() not in SILENT:
                parts.append(" ".join(words_of(folder.lower())))
        yield path, ", ".join(part for part in parts if part)


def stamps(root):
    for path in sorted(root.rglob("*.png")):
        text = path.with_suffix(".txt")
        if text.is_file():
            lines = text.read_text(encoding="utf-8", errors="replace").splitlines()
            caption = " ".join(lines[0].split()) if lines else ""
            if caption:
                yield path, caption


def split(stamp_pairs, art_pairs):
    """(training, held out)"""
    pairs = stamp_pairs + art_pairs
    content = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path, _ in pairs}
    images = collections.Counter(content.values())
    captions = collections.Counter(caption.lower() for _, caption in pairs)
    alone = [(path, caption) for path, caption in art_pairs
             if images[content[path]] == 1 and captions[caption.lower()] == 1]
    alone.sort(key=lambda pair: content[pair[0]])
    held_out = sorted(alone[:HELD_OUT])
    if len(held_out) < HELD_OUT:
        sys.exit(f"only {len(held_out)} pairs stand alone, {HELD_OUT} are wanted")
    kept = set(held_out)
    return [pair for pair in pairs if pair not in kept], held_out


def write(path, pairs):
    lines = [f"{image}\t{caption}\n" for image, caption in pairs]
    path.write_text("image\tcaption\n" + "".join(lines), encoding="utf-8")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    stamp_root, art_root, out = map(pathlib.Path, sys.argv[1:])
    stamp_pairs, art_pairs = list(stamps(stamp_root)), list(clip_art(art_root))
    art_pairs = [pair for pair in art_pairs if pair[1]]
    train, held_out = split(stamp_pairs, art_pairs)
    write(out / "train.tsv", train)
    write(out / "valid.tsv", held_out)
    print(f"{len(stamp_pairs)} stamps, {len(art_pairs)} clip arts: {len(train)} pairs to train, "
          f"{len(held_out)} held out")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Captions that tools/clipart makes of file and folder names, and the pairs it holds out.

usage: clipart_pairs_test.py TOOLS_LIB [UNITTEST_ARGUMENT...]
"""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv.pop(1))
import clipart_pairs  # noqa: E402


def make_files(root, contents):
    for name, content in contents.items():
        path = pathlib.Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def captions_of(names):
    """Caption by file name."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        make_files(root, {name: "" for name in names})
        return {str(path.relative_to(root)): caption
                for path, caption in clipart_pairs.clip_art(root)}


class Words(unittest.TestCase):
    def test_numbers_inside_are_words_of_their_own(self):
        self.assertEqual(clipart_pairs.words_of("star_05pt02step"),
                         ["star", "05", "pt", "02", "step"])
        self.assertEqual(clipart_pairs.words_of("2_dead_frogs"), ["2", "dead", "frogs"])

    def test_numbers_at_the_end_go_and_their_word_stays(self):
        self.assertEqual(clipart_pairs.words_of("sun02"), ["sun"])
        self.assertEqual(clipart_pairs.words_of("aiga_drinking_fountain1"),
                         ["aiga", "drinking", "fountain"])
        self.assertEqual(clipart_pairs.words_of("home_2_3"), ["home"])

    def test_a_name_of_numbers_has_no_words(self):
        self.assertEqual(clipart_pairs.words_of("0815"), [])

    def test_signs_part_words_but_not_the_apostrophe(self):
        self.assertEqual(clipart_pairs.words_of("tic-tac.toe_boy's"),
                         ["tic", "tac", "toe", "boy's"])


class Captions(unittest.TestCase):
    def test_name_then_folders_from_the_innermost(self):
        names = ["animals/mammals/big_cats/tiger_susan_park_01.png", "animals/a.png"]
        self.assertEqual(captions_of(names)[names[0]], "tiger, big cats, mammals, animals")

    def test_an_author_that_is_cut_off_goes(self):
        name = "food/big_green_pear_nicu_bucu_01.png"  # of nicu_buculei
        self.assertEqual(captions_of([name]), {name: "big green pear, food"})

    def test_folders_that_say_nothing_are_left_out(self):
        self.assertEqual(captions_of(["unsorted/pear.png"]), {"unsorted/pear.png": "pear"})


class HeldOut(unittest.TestCase):
    def test_no_picture_and_no_caption_is_in_training_too(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            letters = [chr(ord("a") + n) for n in range(20)]
            names = {f"x/{a}{b}.png": f"{a}{b}" for a in letters for b in letters}
            names |= {f"y/{a}{b}.png": f"y{a}{b}" for a in letters for b in letters}
            names |= {"x/same.png": "aa", "z/bb.png": "z", "z/bb2.png": "z2"}
            make_files(root, names)
            train, held_out = clipart_pairs.split([], list(clipart_pairs.clip_art(root)))
            self.assertEqual(len(held_out), clipart_pairs.HELD_OUT)
            self.assertEqual(len(train) + len(held_out), len(names))
            for seen in (lambda pair: pair[0].read_text(), lambda pair: pair[1]):
                self.assertFalse(set(map(seen, train)) & set(map(seen, held_out)))
            self.assertNotIn(root / "x/aa.png", [path for path, _ in held_out])
            self.assertNotIn(root / "z/bb.png", [path for path, _ in held_out])


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Writes the named character references of HTML5 as a C++ table, from Python's own list.

Usage: html_entities.py OUT

The build runs it, so that the list is not copied into the repository. Rows are sorted by the bytes
of their names; a name ends in ';' unless HTML also knows it without. The second table holds names
written in capitals that stand for the capitalised text, where nothing else has that name.
"""

import html
import html.entities
import pathlib
import sys

ROWS = 2231  # fixed since HTML 5.0: another number would give other token ids


def rows(table):
    for name, text in sorted(table.items()):
        points = [ord(c) for c in text]
        yield f'    {{"{name}", {{{", ".join(f"0x{p:X}" for p in points)}}}}},'


def shouted(table):
    """Names in capitals that no reference has, not even in part."""
    for name, text in table.items():
        loud = name.upper()
        if name.endswith(";") and name == name.lower() and html.unescape("&" + loud) == "&" + loud:
            yield loud, text.upper()


def main():
    names = html.entities.html5
    if len(names) != ROWS:
        raise SystemExit(f"Python lists {len(names)} references, but HTML5 has {ROWS}")
    lines = []
    for title, table in (("kHtmlEntities", names), ("kShoutedEntities", dict(shouted(names)))):
        lines += [f"constexpr HtmlEntity {title}[] = {{", *rows(table), "};"]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()

"""Typos for tests: one slip of the keys in a word."""

from __future__ import annotations

import random
import string


def mistyped(word: str, dice: random.Random) -> str:
    """The word with a letter dropped (of four or more), doubled, swapped, replaced or put in."""
    letters, at = list(word), dice.randrange(len(word))
    kind = dice.choice(("drop", "double", "swap", "replace", "insert"))
    if kind == "drop" and len(letters) > 3:
        del letters[at]
    elif kind == "double":
        letters.insert(at, letters[at])
    elif kind == "swap" and at + 1 < len(letters):
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    elif kind == "replace":
        letters[at] = dice.choice(string.ascii_lowercase)
    else:
        letters.insert(at, dice.choice(string.ascii_lowercase))
    return "".join(letters)

"""Splits texts into the word pieces that MiniLM was trained on.

Reads : vocabulary.txt (bert-base-uncased, Apache-2.0, Google Research: a token a line, its number is its line)
Gives : tokens_of(), batch_of()
Source: Devlin et al., BERT (2019): lower case, accents off, punctuation apart, longest piece first
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]

MOST_TOKENS = 128
"""Of a text, its two marks included; what stands behind is not read."""
_LONGEST_WORD = 100
_BEGIN, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


def tokens_of(text: str, most: int = MOST_TOKENS) -> list[int]:
    """Numbers of a text's pieces between the marks of its begin and end.

    >>> [list(_vocabulary())[number] for number in tokens_of("Unusable exports!")]
    ['[CLS]', 'un', '##usa', '##ble', 'exports', '!', '[SEP]']
    """
    known = _vocabulary()
    pieces = [piece for word in _words(text) for piece in _pieces(word, known)]
    return [known[_BEGIN], *pieces[: most - 2], known[_END]]


def batch_of(texts: list[str], most: int = MOST_TOKENS) -> tuple[Tokens, Tokens]:
    """Token numbers (n, longest) padded with 0, and the mask (n, longest): 1 where a token stands."""
    found = [tokens_of(text, most) for text in texts]
    width = max((len(one) for one in found), default=0)
    tokens, mask = np.zeros((len(found), width), np.int64), np.zeros((len(found), width), np.int64)
    for row, one in enumerate(found):
        tokens[row, : len(one)], mask[row, : len(one)] = one, 1
    return tokens, mask


def _words(text: str) -> list[str]:
    plain = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(one) != "Mn")
    parted = "".join(f" {one} " if _stands_alone(one) else " " if _is_unseen(one) else one for one in plain)
    return parted.split()


def _stands_alone(one: str) -> bool:
    """Punctuation, every sign of ASCII that is no letter or digit, and Chinese characters."""
    if one.isascii():
        return not one.isalnum() and not one.isspace() and one.isprintable()
    return unicodedata.category(one).startswith("P") or "\u4e00" <= one <= "\u9fff"


def _is_unseen(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf")


def _pieces(word: str, known: dict[str, int]) -> list[int]:
    """Longest known piece first; one unknown mark for a word that cannot be made of pieces."""
    found, start = [], 0
    while start < len(word):
        for end in range(len(word) if len(word) <= _LONGEST_WORD else start, start, -1):
            number = known.get(word[start:end] if start == 0 else "##" + word[start:end])
            if number is not None:
                found.append(number)
                start = end
                break
        else:
            return [known[_UNKNOWN]]
    return found


@cache
def _vocabulary() -> dict[str, int]:
    text = files(__package__).joinpath("vocabulary.txt").read_text(encoding="utf-8")
    return {token: number for number, token in enumerate(text.split("\n")) if token}

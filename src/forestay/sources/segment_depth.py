"""How deep JSON is nested, found without reading it.

Gives: is_too_deep(), MOST_DEPTH
A decoder follows nesting as deep as its interpreter's stack reaches, which differs between versions of Python and
between the places that decode; a limit of our own is the same everywhere, and far below what any of them can follow.
"""

from __future__ import annotations

import re

import numpy as np

MOST_DEPTH = 300
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_ALL_ELSE = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEP = np.zeros(256, np.int8)
_STEP[list(b"[{")], _STEP[list(b"]}")] = 1, -1


def is_too_deep(body: bytes) -> bool:
    """Whether arrays and objects lie more than MOST_DEPTH deep in each other; for text that is no JSON, any answer.

    Only where brackets inside texts could have misled is it gone through once more, without the texts.
    """
    return _depth(body) > MOST_DEPTH and _depth(_STRING.sub(b"", body)) > MOST_DEPTH


def _depth(body: bytes) -> int:
    brackets = body.translate(None, _ALL_ELSE)
    if len(brackets) <= MOST_DEPTH:
        return 0
    return int(np.cumsum(_STEP[np.frombuffer(brackets, np.uint8)], dtype=np.int32).max())

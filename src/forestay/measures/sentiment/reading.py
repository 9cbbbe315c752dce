"""Reads the tone of a text: words with their sentiment, turned by negation, raised by intensity, weighed around 'but'.

Reads : words.tsv (vaderSentiment, MIT), support.tsv (ours)
Gives : sentiment(), NEGATIVE
Source: REQUIREMENTS C7; the rules follow Hutto and Gilbert, VADER (ICWSM 2014): negation within three words, degree
        words, capitals, exclamation marks, the part after 'but' weighs more

Ours: phrases of support, mail quoted from others is not read, courtesies weigh little ('please help' is no praise).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import sqrt

NEGATIVE = -0.05
"""A text below it is called negative."""
MOST_CHARACTERS = 4000
"""Longer texts are read up to here: a log that was pasted says nothing about a mood."""

_TURN, _CAPITALS, _DEGREE, _SPREAD = -0.74, 0.733, 0.293, 15.0
_EXCLAMATION, _MOST_EXCLAMATIONS = 0.292, 4
_BEFORE_BUT, _AFTER_BUT = 0.5, 1.5
_FADING = (1.0, 0.95, 0.9)
"""How much of a degree word is left one, two and three words before what it is about."""

_NOT = frozenset(
    [
        "not",
        "no",
        "never",
        "none",
        "nobody",
        "nothing",
        "nowhere",
        "neither",
        "nor",
        "without",
        "cannot",
        "hardly",
        "barely",
        "rarely",
        "seldom",
    ]
)
_MORE = frozenset(
    [
        "very",
        "really",
        "extremely",
        "totally",
        "completely",
        "absolutely",
        "so",
        "incredibly",
        "highly",
        "deeply",
        "especially",
        "exceptionally",
        "entirely",
        "fully",
        "greatly",
        "hugely",
        "particularly",
        "purely",
        "quite",
        "remarkably",
        "thoroughly",
        "truly",
        "utterly",
        "most",
        "more",
    ]
)
_LESS = frozenset(
    ["almost", "kinda", "less", "little", "marginally", "occasionally", "partly", "slightly", "somewhat", "sorta"]
)
_QUOTED = re.compile(r"^\s*>.*$|^-{2,}\s*original message.*\Z|^on .{5,80} wrote:\s*$", re.I | re.M | re.S)
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
_EDGES = ".,;:!?\"'()[]{}*_~`-/\\<>|“”‘’…"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Sentiment, -4 to 4, of words, of emoticons as they stand between blanks, and of phrases by their first word."""

    words: dict[str, float]
    emoticons: dict[str, float]
    phrases: dict[str, tuple[tuple[tuple[str, ...], float], ...]]


def sentiment(*texts: str | None) -> float:
    """Tone of texts that belong together (subject, body), -1 to 1; 0 where nothing speaks; NaN without any text.

    >>> sentiment("The export is broken again and nobody answers!") < -0.5 < 0.5 < sentiment("Great support, love it")
    True
    """
    told = [text for text in texts if text and not text.isspace()]
    if not told:
        return float("nan")
    score = sum(_valence(text[:MOST_CHARACTERS]) for text in told)
    return score / sqrt(score * score + _SPREAD)


def _valence(text: str) -> float:
    """Sum of what the words say, louder with exclamation marks; unbounded."""
    plain = html.unescape(_QUOTED.sub(" ", text) if "\n" in text or text.lstrip().startswith(">") else text)
    lexicon = _lexicon()
    words, faces = _words(plain, lexicon)
    shouts = _shouts(words)
    said = _said([word.lower() for word in words], lexicon, shouts)
    total = sum(said) + faces
    if total:
        total += _EXCLAMATION * min(plain.count("!"), _MOST_EXCLAMATIONS) * (1 if total > 0 else -1)
    return total


def _words(text: str, lexicon: Lexicon) -> tuple[list[str], float]:
    """Words with n't split off as not, and what emoticons add."""
    words, faces = list[str](), 0.0
    for piece in text.split():
        if piece in lexicon.emoticons:
            faces += lexicon.emoticons[piece]
            continue
        bare = piece.strip(_EDGES)
        if bare.isalpha():
            words.append(bare)
        else:
            for token in _TOKEN.findall(piece):
                words += _parted(token, lexicon)
    return words, faces


def _parted(token: str, lexicon: Lexicon) -> list[str]:
    if token[0].isalnum():
        whole = token.replace("’", "'")
        if whole[-3:].lower() == "n't":
            stem = whole[:-3]
            return ["can" if stem.lower() == "ca" else "will" if stem.lower() == "wo" else stem, "not"]
        return [whole.partition("'")[0]]
    return [token] if token in lexicon.words else []


def _shouts(words: list[str]) -> set[int]:
    """Places of words in capitals, unless all are."""
    found = {at for at, word in enumerate(words) if len(word) > 1 and word.isupper()}
    return found if len(found) < len(words) else set()


def _said(words: list[str], lexicon: Lexicon, shouts: set[int]) -> list[float]:
    """What each word says in its place, (words,)."""
    said, at = [0.0] * len(words), 0
    while at < len(words):
        length, value = _phrase(words, at, lexicon)
        if not length:
            length, value = 1, _word(words, at, lexicon)
        if value and at in shouts:
            value += _CAPITALS if value > 0 else -_CAPITALS
        said[at] = value
        at += length
    if "but" in words:
        turn = words.index("but")
        said = [one * (_BEFORE_BUT if at < turn else _AFTER_BUT) for at, one in enumerate(said)]
    return said


def _phrase(words: list[str], at: int, lexicon: Lexicon) -> tuple[int, float]:
    """Length and value of the longest phrase that begins here; (0, 0) for none."""
    for phrase, value in lexicon.phrases.get(words[at], ()):
        if tuple(words[at : at + len(phrase)]) == phrase:
            return len(phrase), value
        if phrase[0] == "not" and tuple(words[at + 2 : at + 1 + len(phrase)]) == phrase[1:]:
            return len(phrase) + 1, value
    return 0, 0.0


def _word(words: list[str], at: int, lexicon: Lexicon) -> float:
    """A word with the degree words and negations of the three words before it."""
    value = lexicon.words.get(words[at], 0.0)
    if not value or words[at] in _NOT:
        return 0.0
    turned = False
    for back, left in enumerate(_FADING, 1):
        if back > at:
            break
        before = words[at - back]
        if before in _MORE or before in _LESS:
            value += left * _DEGREE * (1 if (before in _MORE) == (value > 0) else -1)
        turned = turned or before in _NOT
    return value * _TURN if turned else value


@cache
def _lexicon() -> Lexicon:
    """Both lists; read when the first text is."""
    words, emoticons, phrases = dict[str, float](), dict[str, float](), dict[str, list[tuple[tuple[str, ...], float]]]()
    for line in _lines("words.tsv"):
        word, _, value = line.rpartition("\t")
        (words if word.isalpha() else emoticons)[word] = float(value)
    for line in _lines("support.tsv"):
        value, _, entries = line.partition("\t")
        for entry in entries.split(", "):
            parts = tuple(entry.split())
            if len(parts) > 1:
                phrases.setdefault(parts[0], []).append((parts, float(value)))
            else:
                words[entry] = float(value)
    longest_first = {first: tuple(sorted(some, key=lambda one: -len(one[0]))) for first, some in phrases.items()}
    return Lexicon(words, emoticons, longest_first)


def _lines(name: str) -> list[str]:
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("# ")]

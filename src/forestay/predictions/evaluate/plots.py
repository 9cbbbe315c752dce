"""Two drawings of an evaluation as SVG: do the percentages come true, and how many events do the first calls reach.

Gives : reliability_svg(), gains_svg()
Both can be read without colours, scale to any width and carry their numbers as titles (shown on hovering).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from forestay.predictions.evaluate.verdict import Bin

WIDTH, HEIGHT = 520, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 48, 56
_TOPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
"""Where the axes of percentages may end, so that a fifth of them is a round number."""
_LONGEST = 56
"""Letters of a title that fit."""
_INK, _FAINT, _LINE = "#1f2933", "#9aa5b1", "#0b6e99"


def reliability_svg(bins: Sequence[Bin], title: str) -> str:
    """Predicted chance against the share that happened, with 95 % intervals; the diagonal is perfect."""
    highest = max((max(one.predicted, one.high) for one in bins), default=1.0)
    top = next((top for top in _TOPS if top >= highest), 1.0)
    frame = _Frame(top, top, "predicted chance", "share that happened", title)
    parts = [frame.line([(0.0, 0.0), (top, top)], _FAINT, dashed=True)]
    for one in bins:
        parts.append(frame.line([(one.predicted, one.low), (one.predicted, one.high)], _LINE))
        words = f"{one.rows:,} rows: predicted {one.predicted:.1%}, happened {one.happened:.1%} ({one.low:.1%} to {one.high:.1%})"
        parts.append(frame.dot(one.predicted, one.happened, words))
    return frame.svg(parts)


def gains_svg(points: Sequence[tuple[float, float]], base_rate: float, title: str) -> str:
    """Share of customers called against share of events reached; the dashed lines are chance and perfect foresight."""
    frame = _Frame(1.0, 1.0, "share of customers called, most endangered first", "share of events reached", title)
    parts = [
        frame.line([(0.0, 0.0), (1.0, 1.0)], _FAINT, dashed=True),
        frame.line([(0.0, 0.0), (base_rate, 1.0), (1.0, 1.0)], _FAINT, dashed=True),
        frame.line(points, _LINE, width=2.5),
    ]
    for share in (0.1, 0.2, 0.3):
        reached = next((y for x, y in points if x >= share), 1.0)
        lift = reached / share
        parts.append(
            frame.dot(share, reached, f"{share:.0%} of customers hold {reached:.0%} of events (lift {lift:.1f})")
        )
    return frame.svg(parts)


class _Frame:
    """Axes from 0 to a top, and where a value lies on the paper."""

    def __init__(self, right: float, top: float, x_label: str, y_label: str, title: str) -> None:
        self._right, self._top = right, top
        self._labels = x_label, y_label, title if len(title) <= _LONGEST else f"…{title[1 - _LONGEST :]}"

    def line(
        self, points: Sequence[tuple[float, float]], colour: str, *, width: float = 1.5, dashed: bool = False
    ) -> str:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self._at(*point) for point in points))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dash}/>'

    def dot(self, x: float, y: float, words: str) -> str:
        left, down = self._at(x, y)
        return f'<circle cx="{left:.1f}" cy="{down:.1f}" r="4.5" fill="{_LINE}"><title>{escape(words)}</title></circle>'

    def svg(self, parts: Sequence[str]) -> str:
        x_label, y_label, title = (escape(text) for text in self._labels)
        middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
        return "\n".join((
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" '
            f'font-family="system-ui, sans-serif" font-size="12" fill="{_INK}">',
            f"<title>{title}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            f'<text x="{LEFT}" y="24" font-size="15" font-weight="600">{title}</text>', *self._ticks(), *parts,
            f'<text x="{middle_x}" y="{HEIGHT - 14}" text-anchor="middle">{x_label}</text>',
            f'<text x="16" y="{middle_y}" text-anchor="middle" transform="rotate(-90 16 {middle_y})">{y_label}</text>',
            "</svg>\n",
        ))  # fmt: skip

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + x / self._right * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / self._top * (HEIGHT - TOP - BOTTOM),
        )

    def _ticks(self) -> list[str]:
        found = []
        for n in range(6):
            x, y = self._right * n / 5, self._top * n / 5
            left, down = self._at(x, y)
            found += [
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down:.1f}" y2="{down:.1f}" stroke="#e4e7eb"/>',
                f'<text x="{LEFT - 8}" y="{down + 4:.1f}" text-anchor="end">{_percent(y)}</text>',
                f'<text x="{left:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{_percent(x)}</text>',
            ]
        return found


def _percent(share: float) -> str:
    return f"{share:.0%}" if share == 0 or share >= 0.1 else f"{share:.1%}"

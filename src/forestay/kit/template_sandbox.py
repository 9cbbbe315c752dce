"""The sandbox in which Liquid runs: the environment without what is dear, and the watch over every step.

Gives : rendered(), checked(), called by kit.templates; loaded with the first template, since it brings the library
Source: DESIGN section 8 (python-liquid with limits); see kit.templates for what it promises.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, Environment
from liquid.ast import Node
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.token import Token
from liquid.undefined import UNDEFINED, is_undefined

from forestay.kit.template_filters import FILTERS, SIZE_LIMIT, TooMuch
from forestay.kit.templates import CPU_SECONDS, LOOP_LIMIT, OUTPUT_LIMIT, SOURCE_LIMIT, Rendered, TemplateRefused

MARKUP_LIMIT = 2_000
"""Characters between an opening and its closing."""
_OPENING = re.compile(r"\{[{%]")
_GAP = re.compile(r"\s{60,}")
_RAW = re.compile(r"-?\s*(raw|doc)\b")
TAGS = [
    "content",
    "illegal",
    "output",
    "if",
    "unless",
    "case",
    "for",
    "break",
    "continue",
    "capture",
    "cycle",
    "assign",
    "echo",
    "comment",
    "ifchanged",
    "increment",
    "decrement",
    "#",
]


def rendered(source: str, values: Mapping[str, object], html: bool) -> Rendered:
    """As kit.templates.render."""
    template = checked(source, html)
    context = _Guarded(template, globals=values)
    output = context.get_buffer()
    try:
        template.render_with_context(context, output)
    except (
        LiquidError,
        TooMuch,
        RecursionError,
        OverflowError,
        MemoryError,
        TypeError,
        ValueError,
        ArithmeticError,
    ) as why:
        raise TemplateRefused(_sentence(why), place=_line(why)) from why
    return Rendered(output.getvalue(), tuple(context.missing))


def checked(source: str, html: bool) -> BoundTemplate:
    """The parsed template, as kit.templates.check refuses it."""
    try:
        return _parsed(source, html)
    except (LiquidError, TooMuch, RecursionError) as why:
        raise TemplateRefused(_sentence(why), place=_line(why)) from why


def _survey(source: str) -> None:
    """Refuse what would make the library's lexer slow: its patterns backtrack over unclosed or huge markup
    (30,000 blanks after '{{' took it 49 s), so every opening must close soon."""
    if len(source) > SOURCE_LIMIT:
        raise TooMuch(f"it has {len(source):,} characters, the limit is {SOURCE_LIMIT:,}")
    at = 0
    while opening := _OPENING.search(source, at):
        start = opening.end()
        closed = source.find("}}" if opening.group() == "{{" else "%}", start, start + MARKUP_LIMIT)
        line = source.count("\n", 0, start) + 1
        if closed < 0:
            raise TooMuch(f"'{opening.group()}' on line {line} is not closed within {MARKUP_LIMIT:,} characters")
        if _GAP.search(source, start, closed) or _RAW.match(source, start, closed):
            raise TooMuch(f"line {line} has a gap of 60 blanks inside its markup, or 'raw' or 'doc'")
        at = closed + 2


@lru_cache(maxsize=512)
def _parsed(source: str, html: bool) -> BoundTemplate:
    _survey(source)
    template = _environment(html).from_string(source)
    for expression in _expressions(template.nodes, RenderContext(template)):
        if isinstance(expression, RangeLiteral):
            _refuse_loose_range(expression)
    return template


class _Sandbox(Environment):
    block_nesting_limit = 20
    context_depth_limit = 30
    loop_iteration_limit = LOOP_LIMIT
    local_namespace_limit = 4 * SIZE_LIMIT
    output_stream_limit = OUTPUT_LIMIT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.filters = dict(FILTERS)


@lru_cache(maxsize=2)
def _environment(html: bool) -> Environment:
    return _Sandbox(autoescape=html, strict_filters=True)


class _Guarded(RenderContext):
    """A render context that counts every loop pass and looks at the clock wherever work begins."""

    __slots__ = ("deadline", "missing", "passes")

    def __init__(self, template: BoundTemplate, **settings: Any) -> None:
        super().__init__(template, **settings)
        self.deadline = time.thread_time() + CPU_SECONDS
        self.passes = 0
        self.missing: dict[str, None] = {}

    def look_at_the_clock(self) -> None:
        if time.thread_time() > self.deadline:
            raise TooMuch(f"it took more than {CPU_SECONDS} s of CPU time")

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        self.look_at_the_clock()
        found = super().get(path, token=token, default=default)
        if is_undefined(found):
            self.missing[".".join(map(str, path))[:200]] = None
        return found

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        self.look_at_the_clock()
        return super().filter(name, token)

    def assign(self, key: str, val: Any) -> None:
        self.look_at_the_clock()
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.look_at_the_clock()
        self.passes += length
        if self.passes > LOOP_LIMIT:
            raise TooMuch(f"its loops run more than {LOOP_LIMIT:,} passes")

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        used = buf.size if isinstance(buf, LimitedStringIO) else 0
        return _Output(OUTPUT_LIMIT - used, self.look_at_the_clock)


class _Output(LimitedStringIO):
    def __init__(self, limit: int, look_at_the_clock: Callable[[], None]) -> None:
        super().__init__(limit)
        self.look_at_the_clock = look_at_the_clock

    def write(self, text: str, /) -> int:
        self.look_at_the_clock()
        return super().write(text)


def _expressions(nodes: Iterable[Node], context: RenderContext) -> Iterator[Expression]:
    for node in nodes:
        open_ones = list(node.expressions())
        while open_ones:
            expression = open_ones.pop()
            yield expression
            open_ones.extend(expression.children())
        yield from _expressions(node.children(context), context)


def _refuse_loose_range(found: RangeLiteral) -> None:
    """A range with an end that is computed can be made endless by a value; one that is written down cannot."""
    start, stop = found.start, found.stop
    if not (isinstance(start, IntegerLiteral) and isinstance(stop, IntegerLiteral)):
        raise TooMuch(f"the range {found} must have whole numbers written down on both ends")
    if stop.value - start.value >= LOOP_LIMIT:
        raise TooMuch(f"the range {found} is longer than {LOOP_LIMIT:,}")


def _sentence(why: BaseException) -> str:
    if isinstance(why, TooMuch):
        return f"the template asks for too much: {why}"
    if isinstance(why, RecursionError | MemoryError | OverflowError):
        return "the template asks for too much: it nests too deep or computes with too large numbers"
    return f"the template is wrong: {str(why).splitlines()[0] if str(why) else type(why).__name__}"


def _line(why: BaseException) -> str:
    context = why.context() if isinstance(why, LiquidError) else None
    return f"line {context[0]}" if context else ""

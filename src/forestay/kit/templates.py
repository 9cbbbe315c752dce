"""Liquid in a sandbox: templates written by strangers, rendered quickly or refused clearly.

Reads : a template's source and plain values (dict, list, str, numbers, dates)
Gives : render(), check(), Rendered, TemplateRefused, the limits
Source: DESIGN section 8 (python-liquid with limits); issue 'hostile templates: a clear error, and nothing lost'.

What keeps it safe: no includes and no tag that reaches files; only filters whose cost is bounded by the size
of their input, with that size bounded (kit.template_filters); fixed ranges; limits on source, nesting, loop
passes, local variables, output and CPU time. Values are looked up by key only, never by attribute. A name
without a value is empty text and is reported in `missing`, so that a preview can show the hole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forestay.kit.errors import Invalid

SOURCE_LIMIT = 32_768
"""Characters of a template."""
OUTPUT_LIMIT = 262_144
"""Bytes of what comes out."""
LOOP_LIMIT = 5_000
"""Loop passes of one rendering, nested ones counted each time."""
CPU_SECONDS = 0.25
"""CPU time of one rendering; a shipped template takes less than a millisecond."""


class TemplateRefused(Invalid):
    """The template is wrong or asks for too much; the sentence says what and where, so mend the template."""

    code = "template_refused"


@dataclass(frozen=True, slots=True)
class Rendered:
    """text: what came out. missing: names that had no value and were left empty, in order of appearance."""

    text: str
    missing: tuple[str, ...] = ()


def render(source: str, values: Mapping[str, object], *, html: bool = False) -> Rendered:
    """Fill a template in; with `html` every value is escaped. Raises TemplateRefused.

    >>> render("Hello {{ contact.name }}{{ contact.nick }}", {"contact": {"name": "Ada"}})
    Rendered(text='Hello Ada', missing=('contact.nick',))
    """
    from forestay.kit.template_sandbox import rendered  # the library is a tenth of a second that a start need not wait

    return rendered(source, values, html)


def check(source: str, *, html: bool = False) -> None:
    """Parse without rendering; what a publisher runs first. Raises TemplateRefused."""
    from forestay.kit.template_sandbox import checked

    checked(source, html)

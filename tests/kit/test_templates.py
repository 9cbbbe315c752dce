"""Templates by strangers: rendered, or refused clearly and quickly."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestay.kit.templates import OUTPUT_LIMIT, TemplateRefused, check, render

DOUBLE = "{% assign x = x | append: x %}"
SEED = "{% assign x = 'aaaaaaaaaaaaaaaa' %}"
HOSTILE = {
    "nested loops": "{% for i in (1..4999) %}{% for j in (1..4999) %}x{% endfor %}{% endfor %}",
    "many empty loops": "{% for i in (1..4999) %}{% endfor %}" * 700,
    "a huge range": "{% for i in (1..1000000000) %}x{% endfor %}",
    "an offset into a huge range": "{% for i in (1..1000000000) limit: 5 offset: 900000000 %}x{% endfor %}",
    "a search in a huge range": "{% if (1..100000000000) contains 'a' %}x{% endif %}",
    "a range up to a value": "{% assign r = (1..n) %}{{ r | reverse | size }}",
    "a range as an argument": "{{ 'a' | split: 'a' | concat: (1..99999999) }}",
    "a range in a cycle": "{% cycle (1..99999999), 'b' %}",
    "a range in a case": "{% case (1..99999999) %}{% when 1 %}a{% endcase %}",
    "a range in a when": "{% case 1 %}{% when (1..n) %}b{% endcase %}",
    "a range in an elsif": "{% if a %}{% elsif b == (1..n) %}x{% endif %}",
    "a range in an unless": "{% unless (1..n) contains 'z' %}x{% endunless %}",
    "a range in an echo": "{% echo (1..n) | join: ',' %}",
    "a range inside a loop's body": "{% for i in (1..2) %}{{ (1..n) | last }}{% endfor %}",
    "a range inside a capture": "{% capture y %}{{ (1..n) | size }}{% endcapture %}",
    "doubling a text": SEED + DOUBLE * 40,
    "doubling a capture": SEED + "{% capture x %}{{x}}{{x}}{% endcapture %}" * 40,
    "squaring a number": "{% assign x = 99999999 %}" + "{% assign x = x | times: x %}" * 40,
    "multiplying by replacing": SEED + DOUBLE * 11 + "{{ x | replace: 'a', x | size }}",
    "multiplying by joining": SEED + DOUBLE * 5 + "{{ x | replace: 'a', 'a,' | split: ',' | join: x | size }}",
    "deep nesting": "{% if true %}" * 500 + "x" + "{% endif %}" * 500,
    "a deep path": "{{ a" + "[a" * 900 + "]" * 900 + "}}",
    "a long condition": "{% if a " + "and a " * 5000 + "%}x{% endif %}",
    "an include": "{% include '/etc/passwd' %}",
    "a render": "{% render 'x' %}",
    "unclosed output": "{{ " * 10000,
    "unclosed tags": "{%" * 15000,
    "unclosed text": "{{'" * 10000,
    "unclosed comments": "{% comment %}" * 2400,
    "unclosed raw": "{% raw %}" * 3000,
    "blanks without end": "{{" + " " * 30000,
    "blanks in markup": "{{" + " " * 1500 + "}}",
    "a huge number": "{{ " + "9" * 1900 + " | plus: 1 }}",
    "a division by zero": "{{ 1 | divided_by: 0 }}",
    "many large variables": SEED + DOUBLE * 11 + "".join(f"{{% assign v{i} = x %}}" for i in range(1200)),
    "much output": SEED + DOUBLE * 11 + "{{ x }}" * 2000,
    "escaping without end": "{% assign x = '<<<<<<<<' %}" + DOUBLE * 13 + "{{ x | escape }}" * 700,
    "a filter that is not allowed": "{{ a | strip_html }}",
    "escaping turned off": "{{ a | safe }}",
    "a year too far": "{{ '9' | append: '99999999999999999999' | date: '%Y' }}",
    "a whole book": "a" * 100_000,
}
BUSY = {
    "a long cycle": "{% for i in (1..4000) %}{% cycle " + ",".join(["'a'"] * 400) + " %}{% endfor %}",
    "a long path": "{{ a" + ".a" * 900 + "}}",
    "a long chain of filters": "{{ a" + "|upcase" * 200 + "}}",
    "all the counters": "{% increment a %}" * 1500,
    "a date of great width": "{{ 'now' | date: '%1000000000d' }}",
    "a long list made unique": SEED.replace("aaaa", "a,b,") + DOUBLE * 5 + "{{ x | split: ',' | uniq | size }}",
}
VALUES = {"n": 10**9, "a": "a", "l": [1, 2, 3]}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_in_a_clear_refusal_soon(name: str) -> None:
    began = time.thread_time()
    with pytest.raises(TemplateRefused) as refused:
        render(HOSTILE[name], VALUES)
    assert time.thread_time() - began < 5.0  # CPU, not wall: the library alone took 49 s for some of these
    assert str(refused.value)


@pytest.mark.parametrize("name", BUSY)
def test_a_busy_template_is_bounded_whether_it_renders_or_not(name: str) -> None:
    began = time.thread_time()
    try:
        size = len(render(BUSY[name], VALUES).text)
    except TemplateRefused:
        size = 0
    assert size <= OUTPUT_LIMIT
    assert time.thread_time() - began < 5.0  # CPU, not wall: the library alone took 49 s for some of these


pieces = st.sampled_from(
    ["{{", "}}", "{%", "%}", " a ", "a.b", "|", "append:", "'x'", '"', "for i in l", "endfor", "if", "endif", "(1..9)",
     "assign x =", "capture x", "endcapture", "\n", "\x00", "é", "-", "[", "]", "case a", "when 1", "endcase", "else"]
)  # fmt: skip


@given(st.lists(pieces, max_size=40).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_source_renders_or_is_refused_and_nothing_else(source: str) -> None:
    with suppress(TemplateRefused):
        assert len(render(source, VALUES).text.encode()) <= OUTPUT_LIMIT


def test_a_name_without_a_value_is_left_empty_and_reported() -> None:
    rendered = render(
        "Hi {{ contact.first_name }}, {{ account.name }}{{ nothing }}", {"account": {"name": "Globex"}, "contact": {}}
    )
    assert rendered.text == "Hi , Globex"
    assert rendered.missing == ("contact.first_name", "nothing")


def test_values_are_escaped_in_html_and_left_alone_in_text() -> None:
    values = {"name": "<script>alert(1)</script>"}
    assert render("<b>{{ name }}</b>", values, html=True).text == "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"
    assert render("{{ name }}", values).text == "<script>alert(1)</script>"


def test_a_value_that_looks_like_a_template_is_not_rendered() -> None:
    assert render("{{ name }}", {"name": "{{ secret }}", "secret": "x"}).text == "{{ secret }}"


def test_an_object_gives_away_nothing_but_its_keys() -> None:
    rendered = render("{{ at.__class__ }}{{ at.year }}{{ d.keys }}", {"at": datetime(2026, 1, 1, tzinfo=UTC), "d": {}})
    assert rendered.text == ""


def test_money_and_dates_are_written_for_people() -> None:
    values = {"arr": 48000.0, "on": datetime(2026, 11, 22, tzinfo=UTC)}
    assert (
        render("{{ arr | money: 'EUR' }} on {{ on | date: '%d.%m.%Y' }}{{ no | money }}", values).text
        == "€48,000 on 22.11.2026"
    )


def test_a_mistake_is_told_with_its_line() -> None:
    with pytest.raises(TemplateRefused, match="line 2"):
        check("fine\n{{ a | no_such_filter }}{% nonsense %}")

"""The playbooks that ship: each is fit to be published, with every text that it names."""

from __future__ import annotations

import pytest

from forestay.actions.library import templates_library
from forestay.customers.words import TriggerKey
from forestay.journeys.document import Journey
from forestay.journeys.fields import Names, named_in
from forestay.journeys.kind import Checking
from forestay.journeys.library import PLAYBOOKS, shipped_journeys, shipped_text
from forestay.journeys.read import from_text, inspect_shape
from forestay.journeys.validation import findings
from forestay.measures.defaults import DEFAULT_MEASURES

KNOWN = Checking(templates=frozenset(templates_library()), triggers=frozenset(TriggerKey))
MEASURES = {definition.key for definition in DEFAULT_MEASURES}


def test_twelve_playbooks_ship_under_their_own_keys() -> None:
    assert tuple(journey.key for journey in shipped_journeys()) == PLAYBOOKS
    assert len(PLAYBOOKS) == 12


@pytest.mark.parametrize("journey", shipped_journeys(), ids=lambda journey: journey.key)
def test_a_playbook_has_no_error_and_all_its_texts_are_there(journey: Journey) -> None:
    assert [one for one in findings(journey, KNOWN) if one.is_error] == []


@pytest.mark.parametrize("key", PLAYBOOKS)
def test_a_playbook_file_has_nothing_unread(key: str) -> None:
    assert inspect_shape(from_text(shipped_text(key)))[1] == []


@pytest.mark.parametrize("journey", shipped_journeys(), ids=lambda journey: journey.key)
def test_a_playbook_says_what_it_is_for_and_whom_to_ask(journey: Journey) -> None:
    assert len(journey.description) > 80
    assert journey.owner is not None
    assert journey.consent is not None


@pytest.mark.parametrize("journey", shipped_journeys(), ids=lambda journey: journey.key)
def test_a_playbook_shows_only_evidence_that_there_is(journey: Journey) -> None:
    named = [one for step in journey.steps.values() for one in named_in(step.settings) if one.what is Names.COLUMN]
    measures = {one.value.removeprefix("measure.") for one in named if one.value.startswith("measure.")}
    assert measures <= MEASURES

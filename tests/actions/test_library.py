"""The texts we ship: every trigger has its words, and none of them says what is not known."""

from __future__ import annotations

import re
from importlib import resources

import pytest
import yaml
from pydantic import ValidationError

import forestay.signals
from forestay.actions.library import TemplateDocument, TemplateMissing, template_for, templates_library
from forestay.customers.words import TriggerKey
from forestay.kit.templates import render
from forestay.store.tables.config import documents
from tests.actions.scene import Scene

EMPTY = {
    "workspace": {"name": "Acme"},
    "account": {"name": "Globex"},
    "contact": {},
    "owner": {},
    "evidence": [],
    "sentences": [],
}
every_template = pytest.mark.parametrize("key", sorted(templates_library()))


def named_by_triggers() -> set[str]:
    folder = resources.files(forestay.signals).joinpath("library")
    triggers = [yaml.safe_load(file.read_text()) for file in folder.iterdir() if file.name.endswith(".yaml")]
    actions = [action for trigger in triggers for action in trigger["actions"]]
    return {action[name] for action in actions for name in ("script", "draft", "template") if name in action}


def test_every_template_that_a_shipped_trigger_names_is_shipped() -> None:
    assert named_by_triggers() <= set(templates_library())


@pytest.mark.parametrize("trigger", list(TriggerKey))
def test_every_trigger_has_a_script_and_a_draft(trigger: TriggerKey) -> None:
    assert {f"{trigger}-script", f"{trigger}-draft"} <= set(templates_library())


@every_template
def test_what_is_unknown_leaves_no_hole_in_the_text(key: str) -> None:
    text = render(templates_library()[key].text, EMPTY).text
    assert all(hole not in text for hole in ("  ", " ,", "( )", "()", " .", "None", "nil"))
    assert "Globex" in text or "Acme" in text or templates_library()[key].use == "message"


@every_template
def test_every_text_says_what_it_is_for_and_has_a_subject_when_it_is_sent(key: str) -> None:
    document = templates_library()[key]
    assert document.description
    assert document.subject or document.use == "script"


@every_template
def test_no_customer_reads_our_judgement_of_them(key: str) -> None:
    document = templates_library()[key]
    words = "" if document.use == "script" else f"{document.subject} {document.text}".lower()
    assert re.findall(r"churn|risk|\bsentences\b|account\.health|\barr\b", words) == []


@pytest.mark.parametrize(
    "wrong", [{"text": "{% if %}"}, {"text": "x", "subject": "{{"}, {"text": ""}, {"text": "x", "no": 1}]
)
def test_a_template_that_does_not_parse_is_not_a_document(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TemplateDocument.model_validate(wrong)


def test_a_draft_of_our_own_document_does_not_count_until_it_is_published(scene: Scene) -> None:
    body = {"use": "message", "text": "ours"}
    scene.add(documents, kind="template", key="feature-guide", version=1, status="draft", body=body, hash="h")
    with scene.store.worker.begin_worker() as connection:
        assert template_for(connection, scene.workspace, "feature-guide") == templates_library()["feature-guide"]
        with pytest.raises(TemplateMissing):
            template_for(connection, scene.workspace, "no-such-template")

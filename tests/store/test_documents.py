"""Versions of configuration: what is live, what stays, and who may overwrite whom."""

from __future__ import annotations

import pytest

from forestay.kit.errors import NotFound
from forestay.store import documents
from forestay.store.documents import DocumentChanged, DocumentKind, DocumentStatus
from tests.conftest import StoreUnderTest

TRIGGER, KEY = DocumentKind.TRIGGER, "health-below-60"


def published(store: StoreUnderTest, workspace: int, *limits: int) -> None:
    with store.api.begin(workspace) as conn:
        for limit in limits:
            documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": limit})
            documents.publish(conn, workspace, TRIGGER, KEY)


def test_a_draft_changes_nothing_until_it_is_published(store: StoreUnderTest, workspace: int) -> None:
    published(store, workspace, 60)
    with store.api.begin(workspace) as conn:
        documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 70})
        assert documents.live(conn, workspace, TRIGGER, KEY).body == {"below": 60}
        documents.publish(conn, workspace, TRIGGER, KEY)
        assert documents.live(conn, workspace, TRIGGER, KEY).body == {"below": 70}


def test_publishing_archives_the_version_before_and_leaves_its_words(store: StoreUnderTest, workspace: int) -> None:
    published(store, workspace, 60, 70)
    with store.api.begin(workspace) as conn:
        seen = [(one.version, one.status, one.body) for one in documents.versions(conn, workspace, TRIGGER, KEY)]
    assert seen == [(2, DocumentStatus.PUBLISHED, {"below": 70}), (1, DocumentStatus.ARCHIVED, {"below": 60})]


def test_saving_a_draft_twice_keeps_one_draft(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 50})
        second = documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 55})
        assert documents.versions(conn, workspace, TRIGGER, KEY) == [second]


def test_two_authors_cannot_overwrite_each_other(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        read = documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 50}).hash
        documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 55}, expected_hash=read)
        with pytest.raises(DocumentChanged) as refusal:
            documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 40}, expected_hash=read)
    assert refusal.value.present_hash == documents.hash_of({"below": 55})


def test_what_is_published_is_what_was_reviewed(store: StoreUnderTest, workspace: int) -> None:
    with store.api.begin(workspace) as conn:
        reviewed = documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 50}).hash
        documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 99})
        with pytest.raises(DocumentChanged):
            documents.publish(conn, workspace, TRIGGER, KEY, expected_hash=reviewed)


def test_a_paused_document_stays_live_in_its_place(store: StoreUnderTest, workspace: int) -> None:
    published(store, workspace, 60)
    with store.api.begin(workspace) as conn:
        documents.pause(conn, workspace, TRIGGER, KEY)
        assert [one.status for one in documents.list_live(conn, workspace, TRIGGER)] == [DocumentStatus.PAUSED]
        assert documents.resume(conn, workspace, TRIGGER, KEY).status is DocumentStatus.PUBLISHED


def test_rolling_back_publishes_the_old_words_as_a_new_version(store: StoreUnderTest, workspace: int) -> None:
    published(store, workspace, 60, 70)
    with store.api.begin(workspace) as conn:
        documents.save_draft(conn, workspace, TRIGGER, KEY, {"below": 80})
        back = documents.roll_back(conn, workspace, TRIGGER, KEY, 1)
        assert (back.body, back.version, back.status) == ({"below": 60}, 3, DocumentStatus.PUBLISHED)
        assert documents.draft(conn, workspace, TRIGGER, KEY) is None


def test_the_worker_reads_documents_and_may_not_write_them(store: StoreUnderTest, workspace: int) -> None:
    published(store, workspace, 60)
    with store.worker.begin_worker() as conn:
        assert documents.live(conn, workspace, TRIGGER, KEY).body == {"below": 60}
    with pytest.raises(Exception, match="permission denied"), store.worker.begin_worker() as conn:
        documents.save_draft(conn, workspace, TRIGGER, KEY, {})


def test_a_document_of_another_workspace_is_not_there(
    store: StoreUnderTest, workspace: int, other_workspace: int
) -> None:
    published(store, workspace, 60)
    with store.api.begin(other_workspace) as conn:
        with pytest.raises(NotFound):
            documents.live(conn, workspace, TRIGGER, KEY)
        assert documents.versions(conn, workspace, TRIGGER, KEY) == []

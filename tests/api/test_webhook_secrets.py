"""Secrets of webhooks: sealed in the database, masked for readers, kept when they are written back as shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from forestay.actions.webhook_secrets import with_secrets_masked
from forestay.kit.sealing import NotOurSeal, Seal
from forestay.store.tables.governance import workspaces
from tests.api.conftest import House

SECRET = "whsec_" + "A" * 28 + "BCDE"
CRM = {"key": "crm", "url": "https://crm.example.com/hook", "secret": SECRET}


def stored_secret(house: House) -> str:
    with house.store.api.begin(house.workspace_id) as conn:
        settings: dict[str, Any] = conn.execute(select(workspaces.c.settings)).scalar_one()
    secret: str = settings["webhooks"][0]["secret"]
    return secret


def write(house: House, headers: dict[str, str], *endpoints: dict[str, str]) -> Any:
    return house.client.patch("/api/workspace", json={"settings": {"webhooks": list(endpoints)}}, headers=headers)


def test_a_secret_is_stored_sealed_and_shown_masked(house: House, admin: dict[str, str]) -> None:
    written = write(house, admin, CRM).json()["settings"]["webhooks"]
    read = house.client.get("/api/workspace", headers=house.bearer("config:read")).json()["settings"]["webhooks"]
    assert written == read == [{**CRM, "secret": "whsec_…BCDE"}]
    assert "BCDE" not in stored_secret(house)
    assert Seal(house.deps.settings.data_dir).open(stored_secret(house)) == SECRET


def test_a_masked_secret_written_back_stays_what_it_is(house: House, admin: dict[str, str]) -> None:
    write(house, admin, CRM)
    moved = {**CRM, "url": "https://crm.example.com/other", "secret": "whsec_…BCDE"}
    assert write(house, admin, moved).json()["settings"]["webhooks"] == [moved]
    assert Seal(house.deps.settings.data_dir).open(stored_secret(house)) == SECRET


@pytest.mark.parametrize(
    "endpoint",
    [{"secret": "whsec_…ZZZZ"}, {"key": "erp", "secret": "whsec_…BCDE"}, {"secret": "sealed:1:gAAAAA"}],
    ids=["another mask", "an endpoint that is new", "a seal of somebody else"],
)
def test_what_stands_for_no_stored_secret_is_refused(
    house: House, admin: dict[str, str], endpoint: dict[str, str]
) -> None:
    write(house, admin, CRM)
    answer = write(house, admin, {**CRM, **endpoint})
    assert (answer.status_code, answer.json()["place"]) == (422, "settings.webhooks.0.secret")
    assert Seal(house.deps.settings.data_dir).open(stored_secret(house)) == SECRET


def test_other_settings_can_be_changed_though_the_key_is_lost(house: House, admin: dict[str, str]) -> None:
    write(house, admin, CRM)
    (house.deps.settings.data_dir / "secrets" / "settings-key").unlink()
    answer = house.client.patch("/api/workspace", json={"settings": {"note": "hello"}}, headers=admin)
    assert (answer.status_code, answer.json()["settings"]["webhooks"][0]["secret"]) == (200, "whsec_…")


def test_a_secret_sealed_elsewhere_cannot_be_opened(tmp_path: Path) -> None:
    sealed = Seal(tmp_path / "there").close(SECRET)
    with pytest.raises(NotOurSeal, match="write it anew"):
        Seal(tmp_path / "here").open(sealed)
    shown = with_secrets_masked([{**CRM, "secret": sealed}], Seal(tmp_path / "there"))
    assert shown == [{**CRM, "secret": "whsec_…BCDE"}]

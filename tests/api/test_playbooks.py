"""The journeys that ship, to begin one's own from."""

from __future__ import annotations

from forestay.journeys.library import PLAYBOOKS
from tests.api.conftest import House


def test_every_playbook_can_be_begun_from_under_a_key_of_ones_own(house: House, admin: dict[str, str]) -> None:
    shipped = house.client.get("/api/playbooks", headers=admin).json()["items"]
    assert [one["key"] for one in shipped] == list(PLAYBOOKS)
    mine = {**shipped[3]["document"], "key": "mine", "name": "Mine"}
    kept = house.client.put("/api/journeys/mine/draft", json={"document": mine}, headers=admin)
    assert kept.status_code == 200, kept.text
    assert kept.json()["body"]["document"]["steps"] == shipped[3]["document"]["steps"]

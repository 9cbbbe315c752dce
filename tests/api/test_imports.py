"""Files that come in by the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from forestay.store import jobs
from tests.api.conftest import House

CSV = b"account_id,name\na-1,Acme\n"


def uploads(house: House) -> list[Path]:
    return sorted((house.deps.settings.data_dir / "uploads").glob("*"))


def test_a_form_with_a_file_becomes_a_job(house: House, admin: dict[str, str]) -> None:
    form = {"dry_run": "true", "mapping": '{"columns": {"name": "name"}}', "source": "crm"}
    answer = house.client.post(
        "/api/import/accounts", data=form, files={"file": ("Q3 accounts.csv", CSV)}, headers=admin
    )
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    with house.store.worker.begin_worker() as conn:
        job = jobs.claim(conn)
    assert job is not None
    assert (job.kind, job.params["kind"], job.params["dry_run"], job.params["source"], job.params["name"]) == (
        "import", "accounts", True, "crm", "Q3 accounts.csv",
    )  # fmt: skip
    assert Path(str(job.params["path"])).read_bytes() == CSV
    assert job.params["mapping"]["columns"] == {"name": "name"}  # type: ignore[index, call-overload]
    assert (house.deps.settings.data_dir / "run" / "jobs.wake").exists()


def test_a_raw_body_with_a_name_becomes_a_job(house: House, admin: dict[str, str]) -> None:
    answer = house.client.post("/api/import/events?name=events.jsonl", content=b"{}\n", headers=admin)
    assert answer.status_code == 202
    assert [path.suffix for path in uploads(house)] == [".jsonl"]


@pytest.mark.parametrize(
    ("address", "content", "place"),
    [
        ("/api/import/accounts?name=a.csv", b"", "body"),
        ("/api/import/accounts", CSV, "name"),
        ("/api/import/accounts?name=a.exe", CSV, "name"),
        ("/api/import/accounts?name=a.csv&mapping=%7Bno", CSV, "mapping"),
        ("/api/import/shoes?name=a.csv", CSV, "path.kind"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_not_kept(
    house: House, admin: dict[str, str], address: str, content: bytes, place: str
) -> None:
    answer = house.client.post(address, content=content, headers=admin)
    assert (answer.status_code, answer.json()["place"]) == (422, place)
    assert uploads(house) == []


def test_a_file_that_is_too_large_is_refused_and_not_kept(
    house: House, admin: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forestay.api.uploads.receive.__defaults__", (None, 10))
    answer = house.client.post("/api/import/accounts", files={"file": ("a.csv", CSV)}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert uploads(house) == []


def test_a_name_cannot_lead_out_of_the_folder(house: House, admin: dict[str, str]) -> None:
    house.client.post("/api/import/accounts", files={"file": ("../../etc/passwd.csv", CSV)}, headers=admin)
    assert [path.parent.name for path in uploads(house)] == ["uploads"]


def test_a_mapping_is_guessed_and_says_what_is_missing(house: House, admin: dict[str, str]) -> None:
    found = house.client.get(
        "/api/imports/mapping-guess?kind=accounts&header=Company%20Name&header=Shoe", headers=admin
    ).json()
    assert found["mapping"]["columns"] == {"name": "Company Name"}
    assert (found["unmapped"], found["missing"], found["saved"]) == (["Shoe"], ["account_id"], False)


def test_the_rejects_are_a_file_to_download(house: House, admin: dict[str, str]) -> None:
    number = house.client.post("/api/import/accounts", files={"file": ("a.csv", CSV)}, headers=admin).json()["id"]
    assert house.client.get(f"/api/imports/{number}/rejects", headers=admin).status_code == 404
    with house.store.worker.begin_worker() as conn:
        job = jobs.claim(conn)
        assert job is not None
        rejects = Path(str(job.params["path"])).with_suffix(".rejects.csv")
        rejects.write_text("row,reason,original\n1,no id,x\n")
        jobs.finish(conn, job, {"rejects": rejects.name})
    answer = house.client.get(f"/api/imports/{number}/rejects", headers=admin)
    assert (answer.status_code, answer.text) == (200, "row,reason,original\n1,no id,x\n")


def test_a_result_cannot_point_out_of_the_uploads(house: House, admin: dict[str, str]) -> None:
    number = house.client.post("/api/import/accounts", files={"file": ("a.csv", CSV)}, headers=admin).json()["id"]
    with house.store.worker.begin_worker() as conn:
        job = jobs.claim(conn)
        assert job is not None
        jobs.finish(conn, job, {"rejects": "../secrets/database.json"})
    assert house.client.get(f"/api/imports/{number}/rejects", headers=admin).status_code == 404

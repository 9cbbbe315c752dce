"""What `forestay doctor` says of each way in which a set-up can be wrong."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import insert, text

from forestay.app import doctor
from forestay.app.doctor_database import examine_database
from forestay.app.findings import Finding, Grade
from forestay.kit import clock
from forestay.kit.settings import Settings
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.tables.ingest import feeds
from tests.conftest import StoreUnderTest, fresh_store
from tests.running import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A good set-up that does not run."""
    (tmp_path / "run").mkdir()
    return Settings(data_dir=tmp_path, port=free_port())


@pytest.fixture
def held(settings: Settings) -> Iterator[Path]:
    """The run folder of a Forestay that works: its lock is held."""
    run = settings.data_dir / "run"
    with (run / "forestay.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield run


def grades(findings: Iterator[Finding]) -> list[Grade]:
    return [finding.grade for finding in findings]


def wrongs(findings: Iterator[Finding]) -> list[str]:
    return [f"{finding.what}; {finding.mend}" for finding in findings if finding.grade is not Grade.WELL]


def beat(run: Path, age_seconds: float) -> None:
    path = run / "worker.json"
    path.write_text("{}")
    moment = path.stat().st_mtime - age_seconds
    os.utime(path, (moment, moment))


def test_a_worker_that_fell_silent_is_wrong_while_forestay_works(settings: Settings, held: Path) -> None:
    beat(held, 90)
    assert "the worker gave no sign for 90 s" in wrongs(doctor.heartbeat(settings))[0]


def test_a_worker_that_never_spoke_is_wrong_while_forestay_works(settings: Settings, held: Path) -> None:
    assert "no sign since the start" in wrongs(doctor.heartbeat(settings))[0]


def test_a_worker_that_speaks_is_well(settings: Settings, held: Path) -> None:
    beat(held, 1)
    assert [finding.what for finding in doctor.heartbeat(settings)] == ["the worker gives signs of life"]


def test_an_old_sign_of_life_means_nothing_when_forestay_does_not_run(settings: Settings) -> None:
    beat(settings.data_dir / "run", 9_000)
    assert grades(doctor.heartbeat(settings)) == [Grade.WELL]


def test_a_misspelt_variable_is_named_with_the_right_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORESTAY_SMPT_URL", "smtp://mail.example.com")
    assert wrongs(doctor.names(settings)) == ["FORESTAY_SMPT_URL is no setting of Forestay; write FORESTAY_SMTP_URL"]


def test_a_mail_server_where_nobody_listens_is_wrong(settings: Settings) -> None:
    settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{free_port()}")
    assert "cannot be reached" in wrongs(doctor.delivery(settings))[0]


@pytest.mark.parametrize("url", ["mail.example.com:25", "http://mail.example.com", "smtp://host:notaport"])
def test_a_mail_address_that_is_none_is_wrong(settings: Settings, url: str) -> None:
    settings.smtp_url = SecretStr(url)
    assert "FORESTAY_SMTP_URL is no address" in wrongs(doctor.delivery(settings))[0]


def test_a_mail_server_that_listens_is_well(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.smtp_url = SecretStr(f"smtp://127.0.0.1:{server.getsockname()[1]}")
        assert grades(doctor.delivery(settings)) == [Grade.WELL]


def test_a_port_of_another_program_is_wrong(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.port)):
        assert "cannot be used" in wrongs(doctor.address(settings))[0]


def test_an_open_address_asks_for_a_proxy(settings: Settings) -> None:
    settings.host = "0.0.0.0"
    assert "put a proxy with TLS" in wrongs(doctor.address(settings))[0]


def test_secrets_that_others_may_read_are_wrong(settings: Settings) -> None:
    (settings.data_dir / "secrets").mkdir(mode=0o755)
    assert "can be read by others" in wrongs(doctor.folder(settings))[0]


@pytest.mark.parametrize("url", ["redis://localhost", "redis:x", "/var/log", "file://host/log"])
def test_a_log_that_is_no_file_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(ValidationError, match="write file: \\(in the data folder\\)"):
        Settings(log_url=url)


@pytest.mark.parametrize("url", ["file:/srv/log", "file:///srv/log"])
def test_a_log_elsewhere_is_taken_at_its_word(url: str) -> None:
    assert Settings(log_url=url).log_dir == Path("/srv/log")


def test_a_database_that_does_not_answer_is_wrong(settings: Settings) -> None:
    settings.database_url = SecretStr(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert "the database does not answer" in wrongs(doctor.database(settings))[0]


def test_a_current_database_is_well(store: StoreUnderTest) -> None:
    assert grades(examine_database(store.owner_dsn)) == [Grade.WELL]


@pytest.mark.parametrize(("version", "mend"), [("0000", "it upgrades"), ("9999", "run the newer Forestay")])
def test_a_schema_of_another_version_is_wrong(postgres: EmbeddedPostgres, version: str, mend: str) -> None:
    with fresh_store(postgres) as fresh:
        with fresh.owner.begin_worker() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        found = wrongs(examine_database(fresh.owner_dsn))
    assert len(found) == 1
    assert mend in found[0]


def test_each_feed_has_its_own_patience(store: StoreUnderTest, workspace: int) -> None:
    """Ten days of silence: much for telemetry, nothing for surveys."""
    at = clock.now() - timedelta(days=10)
    with store.owner.begin_worker() as connection:
        for feed in ("telemetry", "surveys"):
            row = {"workspace_id": workspace, "feed": feed, "connected_at": at, "last_at": at}
            connection.execute(insert(feeds).values(row))
    found = wrongs(examine_database(store.owner_dsn))
    assert len(found) == 1
    assert "the feed telemetry has been silent for 10 days; 3 are usual at most" in found[0]


def test_a_role_that_passes_over_the_walls_is_wrong(store: StoreUnderTest) -> None:
    with store.owner.begin_worker() as connection:
        connection.execute(text("ALTER ROLE forestay_api BYPASSRLS"))
    try:
        assert "forestay_api may pass over the walls" in wrongs(examine_database(store.owner_dsn))[0]
    finally:
        with store.owner.begin_worker() as connection:
            connection.execute(text("ALTER ROLE forestay_api NOBYPASSRLS"))


def test_what_waits_for_a_person_is_counted(store: StoreUnderTest, workspace: int) -> None:
    with store.owner.begin_worker() as connection:
        connection.execute(
            text("INSERT INTO jobs (workspace_id, kind, status) VALUES (:w, 'import', 'failed')"), {"w": workspace}
        )
    assert "1 jobs failed in the last week" in wrongs(examine_database(store.owner_dsn))[0]


def test_the_tables_of_settings_in_docs_name_them_all() -> None:
    told = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
    assert [name for name in Settings.model_fields if f"FORESTAY_{name.upper()}" not in told] == []

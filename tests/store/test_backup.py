"""A whole Forestay into one file and back: complete, checked, and never over something."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, text

from forestay.kit.settings import Settings
from forestay.store import backup
from forestay.store.archive import ArchiveDamaged, Manifest
from forestay.store.backup import BackupFailed, RestoreRefused, back_up, restore
from forestay.store.database import Store
from forestay.store.dsn import dsns_of, prepare
from forestay.store.postgres import EmbeddedPostgres
from forestay.store.roles import DatabaseRole
from forestay.store.schema import SchemaTooNew
from forestay.store.tables.customers import accounts
from forestay.store.tables.scores import account_states, positions
from tests.conftest import StoreUnderTest, open_folder
from tests.store.rows import TABLES, fill

FILES = {
    "snapshot/cube-41.npz": b"cube",
    "lake/events/_delta_log/00000000000000000000.json": b"{}",
    "lake/events/day=20600/part-0.parquet": b"PAR1",
    "log/00000000000000000001.seg": b"records",
    "uploads/accounts.csv": b"account_id\n1\n",
    "secrets/session-key": b"secret",
}


def furnish(settings: Settings) -> None:
    for name, content in FILES.items():
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (settings.data_dir / "log" / "durable").write_bytes(b"made anew")
    (settings.data_dir / "demo.json").write_text('{"seed": 1}')


def found(settings: Settings) -> dict[str, bytes]:
    return {name: (settings.data_dir / name).read_bytes() for name in FILES}


def by_url(store: StoreUnderTest, data_dir: Path) -> Settings:
    return Settings(data_dir=data_dir, database_url=SecretStr(store.owner_dsn))


@pytest.fixture
def running(store: StoreUnderTest, workspace: int, other_workspace: int, tmp_path: Path) -> Settings:
    """A Forestay with two companies: a row in every table and a file in every folder."""
    settings = by_url(store, tmp_path / "running")
    settings.data_dir.mkdir()
    furnish(settings)
    with store.owner.begin_worker() as conn:
        fill(conn, workspace)
        fill(conn, other_workspace)
        conn.execute(insert(positions).values(shard=0, position=4711))
        conn.execute(account_states.update().values(dimensions=[1.5, float("nan")], anomalies=[{"why": "a\\b\n\t'ü"}]))
    return settings


@pytest.fixture
def empty_data_dir() -> Iterator[Path]:
    """Where a restored Forestay goes."""
    with open_folder() as folder:
        yield folder / "restored"


def rows(dsn: str) -> dict[str, list[object]]:
    """Everything but the numbers of runs of now, which a restore counts anew."""
    counted = {"journey_counts": "WHERE name NOT LIKE 'now:%'"}
    with psycopg.connect(dsn) as connection:
        return {
            table.name: [
                str(row)
                for row in connection.execute(
                    f"SELECT * FROM {table.name} {counted.get(table.name, '')} ORDER BY 1, 2".encode()
                )
            ]
            for table in TABLES
        }


def test_what_was_backed_up_comes_back_whole(running: Settings, empty_data_dir: Path, tmp_path: Path) -> None:
    back_up(running, tmp_path / "all.tar.gz")
    restored = Settings(data_dir=empty_data_dir)
    manifest, _ = restore(restored, tmp_path / "all.tar.gz")
    server = EmbeddedPostgres(empty_data_dir)
    server.start()
    before, after = rows(dsns_of(running)[DatabaseRole.OWNER]), rows(server.dsn(DatabaseRole.OWNER))
    server.stop()
    assert manifest.positions == {"0": 4711}
    assert {table: len(kept) for table, kept in after.items()} == {table.name: 2 for table in TABLES}
    assert after == before
    assert found(restored) == FILES
    assert (empty_data_dir / "demo.json").read_text() == '{"seed": 1}'
    assert not (empty_data_dir / "log" / "durable").exists()


def test_a_restored_forestay_goes_on_numbering_where_it_stopped(
    running: Settings, empty_data_dir: Path, tmp_path: Path, workspace: int
) -> None:
    """A number that was given before stands in causes and audit entries, though its row may be gone."""
    with psycopg.connect(dsns_of(running)[DatabaseRole.OWNER]) as connection:
        connection.execute("INSERT INTO accounts (workspace_id, external_id) VALUES (%s, 'gone')", [workspace])
        connection.execute("DELETE FROM accounts WHERE external_id = 'gone'")
    back_up(running, tmp_path / "all.tar")
    settings = Settings(data_dir=empty_data_dir)
    restore(settings, tmp_path / "all.tar")
    server = EmbeddedPostgres(empty_data_dir)
    server.start()
    prepare(dsns_of(settings), empty_data_dir)
    worker = Store.connect(server.dsn(DatabaseRole.WORKER), role=DatabaseRole.WORKER)
    with worker.begin_worker() as conn:
        largest = max(conn.execute(select(accounts.c.id)).scalars())
        new = conn.execute(
            insert(accounts).values(workspace_id=workspace, external_id="new").returning(accounts.c.id)
        ).scalar_one()
        assert conn.scalar(text("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'accounts'")) is True
    worker.close()
    server.stop()
    assert new > largest + 1


def test_a_backup_is_readable_by_its_owner_only_and_replaces_an_older_one(running: Settings, tmp_path: Path) -> None:
    target = tmp_path / "all.tar"
    target.write_text("older")
    back_up(running, target)
    assert oct(target.stat().st_mode & 0o777) == "0o600"
    assert tarfile.is_tarfile(target)
    assert not list(tmp_path.glob("*.half"))


def test_a_backup_is_never_restored_over_something(running: Settings, tmp_path: Path) -> None:
    back_up(running, tmp_path / "all.tar")
    with pytest.raises(RestoreRefused, match="is not empty"):
        restore(running, tmp_path / "all.tar")
    assert found(running) == FILES


def test_a_backup_is_never_restored_into_a_database_in_use(
    running: Settings, store: StoreUnderTest, tmp_path: Path
) -> None:
    back_up(running, tmp_path / "all.tar")
    with pytest.raises(RestoreRefused, match="the database is not empty"):
        restore(by_url(store, tmp_path / "new"), tmp_path / "all.tar")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("kept_bytes", [0.0, 0.5, 0.97], ids=["an empty file", "half of it", "without its end"])
def test_an_incomplete_backup_is_refused_before_anything_is_written(
    running: Settings, tmp_path: Path, kept_bytes: float
) -> None:
    target = tmp_path / "all.tar"
    back_up(running, target)
    whole = target.read_bytes().rstrip(b"\0")
    target.write_bytes(whole[: int(len(whole) * kept_bytes)])
    with pytest.raises(ArchiveDamaged, match="nothing was restored"):
        restore(Settings(data_dir=tmp_path / "new"), target)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("part", [b"records", b"made-up", b'{"seed": 1}'])
def test_a_backup_with_one_wrong_byte_is_refused(running: Settings, tmp_path: Path, part: bytes) -> None:
    target = tmp_path / "all.tar"
    back_up(running, target)
    content = bytearray(target.read_bytes())
    content[content.index(part)] ^= 1
    target.write_bytes(content)
    with pytest.raises(ArchiveDamaged, match="is not what was written"):
        restore(Settings(data_dir=tmp_path / "new"), target)


def test_a_backup_of_a_newer_forestay_is_refused(
    running: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "HEAD", "9999")
    monkeypatch.setattr(backup, "current", lambda _: "9999")
    back_up(running, tmp_path / "all.tar")
    monkeypatch.undo()
    with pytest.raises(SchemaTooNew, match="9999"):
        restore(Settings(data_dir=tmp_path / "new"), tmp_path / "all.tar")


def test_a_member_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "evil.tar"
    with tarfile.open(target, "w") as tar:
        tar.addfile(tarfile.TarInfo("files/../../evil.json"))
    with pytest.raises(ArchiveDamaged, match="no backup holds"):
        restore(Settings(data_dir=tmp_path / "new"), target)


def test_a_snapshot_that_is_replaced_meanwhile_is_taken_of_one_moment(
    running: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look sees cube-41; by the time its files are open, the worker has put cube-42 in its place."""
    snapshot = running.data_dir / "snapshot"
    look = backup._listing
    looks: list[int] = []

    def look_and_replace(folder: Path) -> dict[str, tuple[int, int]]:
        seen = look(folder)
        looks.append(len(looks))
        (snapshot / "cube-41.npz").rename(snapshot / "cube-42.npz") if looks == [0] else None
        return seen

    monkeypatch.setattr(backup, "_listing", look_and_replace)
    manifest = back_up(running, tmp_path / "all.tar")
    assert [name for name in manifest.files if "snapshot" in name] == ["folders/snapshot/cube-42.npz"]


def test_a_lake_elsewhere_is_named_as_left_out(running: Settings, tmp_path: Path) -> None:
    remote = running.model_copy(update={"lake_url": "s3://bucket/lake"})
    manifest = back_up(remote, tmp_path / "all.tar")
    assert manifest.left_out == ["lake: s3://bucket/lake"]
    assert not [name for name in manifest.files if name.startswith("folders/lake/")]


def test_a_backup_that_fails_leaves_no_file(running: Settings, store: StoreUnderTest, tmp_path: Path) -> None:
    with psycopg.connect(store.owner_dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(BackupFailed, match="forestay up"):
        back_up(running, tmp_path / "all.tar")
    assert not list(tmp_path.glob("all.tar*"))


def test_the_manifest_can_be_read_with_any_tool(running: Settings, tmp_path: Path) -> None:
    made = back_up(running, tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar") as tar:
        names = tar.getnames()
        file = tar.extractfile(names[-1])
        assert file is not None
        told = json.loads(file.read())
    assert (names[-1], told["schema"], len(names)) == ("manifest.json", made.schema, len(made.files) + 1)
    assert isinstance(made, Manifest)

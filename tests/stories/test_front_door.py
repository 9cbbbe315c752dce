"""The main job through the front door: one Forestay as its users run it, from a Segment call to the task and the mail."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import open_folder
from tests.running import ADMIN_KEY, RunningForestay, eventually, free_port, running_forestay

OWNER = "csm@example.com"
OWN_TRIGGERS: dict[str, dict[str, Any]] = {
    "export-broke": {
        "name": "An export broke",
        "description": "Somebody has to call.",
        "condition": {"event": "Export Failed", "within_days": 3, "at_least": 2},
        "tier": "assisted",
        "risk_level": "high",
        "evidence": ["measure.active_users_30d"],
        "actions": [{"kind": "task", "title": "Call: exports fail", "script": "health-below-60-script"}],
    },
    "export-apology": {
        "name": "An apology",
        "description": "Everybody gets one message; in the application, since mail keeps quiet hours.",
        "condition": {"event": "Export Failed", "within_days": 3, "at_least": 2},
        "tier": "automated",
        "risk_level": "low",
        "actions": [{"kind": "message", "channel": "in_app", "template": "sorry", "to": "all", "purpose": "service"}],
    },
}


@pytest.fixture(scope="module")
def product() -> Iterator[RunningForestay]:
    """A Forestay with one owned account whose exports failed twice."""
    with open_folder() as folder, running_forestay(folder / "data") as running:
        configure(running)
        import_account(running, folder)
        send_trouble(running)
        eventually(lambda: running.get("/api/tasks", account="acme")["items"], seconds=30)
        eventually(lambda: running.get("/api/messages", account="acme")["items"], seconds=30)
        yield running


def configure(running: RunningForestay) -> None:
    member = {"email": OWNER, "name": "Carla Example", "role": "csm"}
    running.call("POST", "/api/members", json=member).raise_for_status()
    texts = {"subject": "Sorry", "text": "We mend the exports of {{ account.name }}."}
    running.call("PUT", "/api/templates/sorry/draft", json=texts).raise_for_status()
    running.call("POST", "/api/templates/sorry/publish").raise_for_status()
    for key, body in OWN_TRIGGERS.items():
        running.call("PUT", f"/api/triggers/{key}/draft", json=body).raise_for_status()
        running.call("POST", f"/api/triggers/{key}/publish").raise_for_status()


def import_account(running: RunningForestay, folder: Path) -> None:
    file = folder / "accounts.csv"
    file.write_text(f"account_id,name,owner_email,arr,currency\nacme,Acme Example,{OWNER},48000,USD\n")
    done = forestay(running, "import", str(file), "--as", "accounts", "--yes")
    assert done.returncode == 0, done.stderr


def send_trouble(running: RunningForestay) -> None:
    now = datetime.now(UTC)
    messages: list[dict[str, Any]] = [
        {"type": "group", "userId": "u1", "groupId": "acme", "traits": {"name": "Acme Example"}},
        {"type": "identify", "userId": "u1", "context": {"groupId": "acme"},
         "traits": {"email": "u1@example.com", "email_consent": True}},
    ]  # fmt: skip
    for number in range(20):
        name = "Export Failed" if number >= 18 else "Signed In"
        messages.append({
            "type": "track", "event": name, "userId": "u1", "messageId": f"m{number}", "context": {"groupId": "acme"},
            "timestamp": (now - timedelta(hours=20 - number)).isoformat(),
        })  # fmt: skip
    assert running.send(messages).status_code == 200


def forestay(running: RunningForestay, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line against the running product, as an operator would call it."""
    environment = {
        **os.environ, "FORESTAY_URL": running.url, "FORESTAY_ADMIN_KEY": ADMIN_KEY, "FORESTAY_PORT": str(running.port),
        "FORESTAY_DATA_DIR": str(running.data), "COLUMNS": "200",
    }  # fmt: skip
    command = [sys.executable, "-m", "forestay.app", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_an_account_has_health_with_the_reasons_for_it(product: RunningForestay) -> None:
    account = product.get("/api/accounts/acme")
    assert (account["external_id"], account["name"], account["arr"]) == ("acme", "Acme Example", 48000)
    assert account["owner"] == OWNER
    health = account["health"]
    assert health["band"] in {"green", "yellow", "red"}
    assert 0 <= health["score"] <= 100
    assert 0 < health["confidence"] <= 1
    assert datetime.fromisoformat(health["as_of"]).tzinfo is not None
    points = sum(part["points"] for part in health["contributions"]) + health["adjustment"]
    assert points == pytest.approx(health["score"], abs=0.05)


def test_the_event_leaves_a_signal_with_its_evidence(product: RunningForestay) -> None:
    items = product.get("/api/signals", account="acme", trigger="export-broke", since="2020-01-01T00:00:00Z")["items"]
    assert len(items) == 1
    signal_ = items[0]
    assert {name: signal_[name] for name in ("trigger", "tier", "account")} == {
        "trigger": "export-broke", "tier": "assisted", "account": "acme",
    }  # fmt: skip
    assert signal_["risk_level"] in {"critical", "high"}
    assert any("Export Failed" in one["sentence"] or "Export Failed" in one["column"] for one in signal_["evidence"])
    assert datetime.fromisoformat(signal_["event_at"]) <= datetime.fromisoformat(signal_["fired_at"])


def test_its_owner_gets_a_task_with_due_time_script_and_evidence(product: RunningForestay) -> None:
    page = product.get("/api/tasks", account="acme", status="open")
    assert page["next"] is None
    task = page["items"][0]
    assert (task["account"], task["title"], task["status"]) == ("acme", "Call: exports fail", "open")
    assert (task["owner"], task["trigger"]) == (OWNER, "export-broke")
    assert task["risk_level"] in {"critical", "high"}
    assert datetime.fromisoformat(task["due_at"]) > datetime.now(UTC) - timedelta(minutes=5)
    assert "Acme Example" in task["script"]
    assert task["evidence"]


def test_the_automated_trigger_leaves_its_message_in_the_outbox(product: RunningForestay) -> None:
    items = product.get("/api/messages", account="acme")["items"]
    sent = [one for one in items if one["template"] == "sorry"]
    assert [(one["channel"], one["contact"], one["subject"]) for one in sent] == [("in_app", "u1", "Sorry")]
    assert "We mend the exports of Acme Example." in sent[0]["body"]


def test_a_person_takes_the_task_and_says_how_right_it_was(product: RunningForestay) -> None:
    signal_ = product.get("/api/signals", account="acme", trigger="export-broke")["items"][0]
    said = product.call("POST", f"/api/signals/{signal_['id']}/feedback", json={"verdict": "accurate"})
    assert said.is_success, said.text


def test_status_says_how_it_is(product: RunningForestay) -> None:
    told = forestay(product, "status")
    assert "bodies behind" in told.stdout
    assert "open tasks" in told.stdout


def test_doctor_finds_nothing_wrong_with_a_running_product(product: RunningForestay) -> None:
    told = forestay(product, "doctor")
    assert told.returncode == 0, told.stdout
    assert "the worker gives signs of life" in told.stdout
    assert "its schema is current" in told.stdout


def test_an_export_differs_in_nothing_and_a_changed_file_is_shown_and_published(
    product: RunningForestay, tmp_path: Path
) -> None:
    assert forestay(product, "export", str(tmp_path)).returncode == 0
    same = forestay(product, "diff", str(tmp_path))
    assert (same.returncode, same.stdout.strip()) == (0, "nothing to change")
    file = tmp_path / "triggers" / "export-broke.yaml"
    body = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**body, "cooldown_days": 21}))
    shown = forestay(product, "diff", str(tmp_path))
    assert shown.returncode == 1
    assert "+cooldown_days: 21" in shown.stdout
    applied = forestay(product, "apply", str(tmp_path))
    assert applied.returncode == 0, applied.stderr
    assert product.get("/api/triggers/export-broke")["live"]["body"]["cooldown_days"] == 21
    assert forestay(product, "diff", str(tmp_path)).returncode == 0


def test_a_template_in_a_folder_of_its_own_is_applied(product: RunningForestay, tmp_path: Path) -> None:
    file = tmp_path / "templates" / "letters" / "hello.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("subject: Hello\ntext: Hello {{ account.name }}\n")
    applied = forestay(product, "apply", str(tmp_path))
    assert applied.returncode == 0, applied.stderr
    assert product.get("/api/templates/letters/hello")["live"]["body"]["subject"] == "Hello"


def test_a_retired_trigger_comes_back_from_its_file(product: RunningForestay, tmp_path: Path) -> None:
    product.call("DELETE", "/api/triggers/new-workflow-adoption").raise_for_status()
    file = tmp_path / "triggers" / "new-workflow-adoption.yaml"
    file.parent.mkdir()
    shipped = product.get("/api/triggers/new-workflow-adoption/versions")["items"][0]["body"]
    file.write_text(yaml.safe_dump({name: value for name, value in shipped.items() if name != "key"}))
    applied = forestay(product, "apply", str(tmp_path))
    assert applied.returncode == 0, applied.stderr
    assert forestay(product, "diff", str(tmp_path)).returncode == 0


def test_a_backtest_says_what_a_trigger_would_have_done(product: RunningForestay) -> None:
    told = forestay(product, "backtest", "health-below-60")
    assert told.returncode == 0, told.stderr
    assert "health-below-60 would have fired" in told.stdout


def test_a_second_forestay_on_the_same_folder_is_refused_in_a_sentence(product: RunningForestay) -> None:
    second = forestay(product, "up", "--port", str(free_port()))
    assert second.returncode == 1
    assert "another forestay works in" in second.stderr
    assert product.is_ready()


def test_a_command_that_is_none_names_those_that_are_near(product: RunningForestay) -> None:
    told = forestay(product, "backtst")
    assert told.returncode == 2
    assert "backtest" in told.stderr


def test_it_stops_cleanly_and_is_all_there_again_also_from_a_backup(product: RunningForestay) -> None:
    archive = product.data.parent / "backup.tar"
    assert forestay(product, "backup", str(archive)).returncode == 0
    tasks = product.get("/api/tasks", account="acme")
    health = product.get("/api/accounts/acme")["health"]["score"]
    assert product.stop() == 0
    product.start()
    assert product.get("/api/tasks", account="acme") == tasks
    assert product.get("/api/accounts/acme")["health"]["score"] == pytest.approx(health, abs=0.5)
    assert product.stop() == 0
    elsewhere = product.data.parent / "restored"
    restored = forestay(product, "restore", str(archive), "--data", str(elsewhere))
    assert restored.returncode == 0, restored.stderr
    with running_forestay(elsewhere) as again:
        assert again.get("/api/tasks", account="acme") == tasks
        assert len(again.get("/api/messages", account="acme")["items"]) == 1


@contextlib.contextmanager
def up_without_keys(data: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`forestay up` with no keys in the environment; what it printed until it was ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORESTAY_")}
    command = [sys.executable, "-m", "forestay.app", "up", "--port", str(port), "--data", str(data)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("ready "):
                break
        yield process, lines
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_keys_are_made_and_printed_once_where_none_were_given(data_dir: Path) -> None:
    port = free_port()
    with up_without_keys(data_dir, port) as (_, printed):
        words = {line.split(" (shown once): ")[0]: line.rpartition(" ")[2] for line in printed if "shown once" in line}
        assert set(words) == {"admin API key", "collection write key"}
        bearer = {"Authorization": f"Bearer {words['admin API key']}"}
        asked = httpx.get(f"http://127.0.0.1:{port}/api/status", headers=bearer, trust_env=False, timeout=30)
        assert asked.status_code == 200
        assert printed[-1] == f"ready http://127.0.0.1:{port}"
    with up_without_keys(data_dir, port) as (_, printed):
        assert printed == [f"ready http://127.0.0.1:{port}"]

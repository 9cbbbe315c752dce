"""`forestay demo`: makes up a company once, starts everything, and has the loader bring it in by the front door.

Reads: a DemoOrder
Gives: run_demo(), which returns when the product is stopped
"""

from __future__ import annotations

import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
from pydantic import SecretStr

from forestay.app.supervisor import Supervisor
from forestay.kit.settings import Settings
from forestay.store.postgres_home import make_data_folder

LOADER = "forestay.app.demo_loader"
ADMIN_EMAIL = "avery.stone@ridgeline.example.com"


class DemoState(msgspec.Struct):
    """What a demo remembers between runs: which company it is, its keys, and how far its loading has come."""

    accounts: int
    months: int
    seed: int
    live: bool
    admin_key: str
    write_key: str
    loaded: list[str] = []
    until: str = ""
    played_days: int = 0
    opens: bool = False
    """Whether the workspace is shown in a browser once the company is in."""
    password: str = ""
    """Of the demo's administrator and CSMs in the web workspace."""

    @classmethod
    def read(cls, data_dir: Path) -> DemoState | None:
        """The state kept in the folder, None where there was no demo yet."""
        path = data_dir / "demo.json"
        return msgspec.json.decode(path.read_bytes(), type=cls) if path.exists() else None

    def write(self, data_dir: Path) -> None:
        """Keep it; readable by the owner alone, since it holds the demo's keys."""
        path = data_dir / "demo.json"
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self)))
        fresh.replace(path)


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """Which demo is wanted, and where."""

    port: int
    data_dir: Path
    accounts: int
    months: int
    seed: int
    live: bool
    opens: bool = False


def run_demo(order: DemoOrder, *, fresh: bool) -> int:
    """Start the product with the demo's loader beside it; blocks until it is stopped."""
    if fresh and order.data_dir.exists():
        _forget(order.data_dir)
    make_data_folder(order.data_dir)
    state = DemoState.read(order.data_dir) or _new_state(order)
    if (state.accounts, state.months, state.seed) != (order.accounts, order.months, order.seed):
        _say(f"going on with the company of {state.accounts} accounts that is there; --fresh makes another")
    state.live, state.opens = order.live, order.opens
    state.write(order.data_dir)
    settings = Settings(
        port=order.port,
        data_dir=order.data_dir,
        admin_key=SecretStr(state.admin_key),
        write_key=SecretStr(state.write_key),
        log_level="warning",
    )
    return Supervisor(settings, extra=(LOADER,)).run()


def _new_state(order: DemoOrder) -> DemoState:
    return DemoState(
        order.accounts, order.months, order.seed, order.live,
        admin_key=f"fsk_{secrets.token_urlsafe(32)}", write_key=f"fsw_{secrets.token_urlsafe(32)}",
        password=secrets.token_urlsafe(9),
    )  # fmt: skip


def _forget(data_dir: Path) -> None:
    """Remove an earlier demo, and nothing that is none."""
    if DemoState.read(data_dir) is None:
        raise SystemExit(f"forestay: {data_dir} holds no demo, so --fresh does not remove it; choose another --data")
    shutil.rmtree(data_dir)


def _say(sentence: str) -> None:
    print(f"forestay: {sentence}", file=sys.stderr, flush=True)  # noqa: T201

"""The truth behind the data, written beside the product's folder and never inside it.

Gives: TruthWriter, truth_folder().

Files: truth.parquet (account x week: latent state and hazard), accounts.parquet (one row an account: fit, response
to help, story, churn and its cause, shocks, interventions with their effects), anomalies.parquet (what was made
untidy, row by row), texts.parquet (sentiment of each text), truth.json (what concerns the company as a whole).
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from forestay.kit.clock import date_of
from forestay.simulator.account import AccountLife, outage, releases
from forestay.simulator.helping import effect_of
from forestay.simulator.leaving import WEEK
from forestay.simulator.shocks import Channel, InterventionKind
from forestay.simulator.spec import LIVE_DAYS, CompanySpec
from forestay.simulator.telemetry import stamp

_ANOMALY = pa.schema(
    [("kind", pa.string()), ("account_id", pa.string()), ("key", pa.string()), ("seconds", pa.float64())]
)
_TEXTS = pa.schema([("key", pa.string()), ("account_id", pa.string()), ("sentiment", pa.float64())])
_PATH = pa.schema([
    ("account_id", pa.string()), ("week", pa.int32()), ("day", pa.date32()),
    *((channel.name.lower(), pa.float32()) for channel in Channel), ("hazard", pa.float32()), ("is_customer", pa.bool_()),
])  # fmt: skip
_ACCOUNTS = pa.schema([
    ("account_id", pa.string()), ("fit", pa.float64()), ("response", pa.string()),
    *((f"effect_{kind}", pa.float64()) for kind in InterventionKind),
    ("story", pa.string()), ("story_is_live", pa.bool_()), ("churn_decided_on", pa.date32()), ("churned_on", pa.date32()),
    ("churn_cause", pa.string()), ("churn_reason", pa.string()), ("is_quiet_leaver", pa.bool_()),
    ("shocks", pa.string()), ("interventions", pa.string()),
])  # fmt: skip


def truth_folder(out: Path) -> Path:
    """Where the truth of an output folder goes: `truth/<name>` beside it."""
    return out.resolve().parent / "truth" / out.resolve().name


class TruthWriter:
    """Writes the truth account by account, in bounded memory; a context manager."""

    def __init__(self, spec: CompanySpec, folder: Path) -> None:
        self.spec, self.folder = spec, folder
        folder.mkdir(parents=True, exist_ok=True)
        self._files = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema)
            for name, schema in (("truth", _PATH), ("accounts", _ACCOUNTS), ("anomalies", _ANOMALY), ("texts", _TEXTS))
        }
        self._anomalies: list[tuple[str, str, str, float]] = []
        self._counts: dict[str, int] = {}
        self._stories: dict[str, dict[str, list[str]]] = {}
        self._relations: dict[str, list[list[str]]] = {"merged": [], "parents": [], "shared_contacts": []}

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()
        if error is None:
            (self.folder / "truth.json").write_bytes(
                msgspec.json.format(msgspec.json.encode(self._company()), indent=2)
            )

    def anomaly(self, kind: str, account: str, key: str, seconds: float = 0.0) -> None:
        """Remember something untidy: its kind, account, message or row key, and a delay where it has one."""
        self._anomalies.append((kind, account, key, seconds))
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def write(self, lives: list[AccountLife]) -> None:
        """The truth of some accounts, and the anomalies remembered since the last call."""
        self._files["truth"].write_table(pa.concat_tables([self._path(life) for life in lives]))
        self._files["accounts"].write_table(
            pa.Table.from_pylist([self._account(life) for life in lives], schema=_ACCOUNTS)
        )
        said = [(s.key, life.profile.key, s.sentiment) for life in lives for s in life.conversation.said]
        self._files["texts"].write_table(_table(said, _TEXTS))
        self._files["anomalies"].write_table(_table(self._anomalies, _ANOMALY))
        self._anomalies = []
        for life in lives:
            self._relate(life)

    def _path(self, life: AccountLife) -> pa.Table:
        latent = life.latent
        weeks = len(latent.hazard)
        first = np.arange(weeks) * WEEK
        columns = [
            pa.array([life.profile.key] * weeks), pa.array(np.arange(weeks, dtype=np.int32)),
            pa.array((first + self.spec.start_day).astype(np.int32)).cast(pa.date32()),
            *(pa.array(latent.of(channel)[first].astype(np.float32)) for channel in Channel),
            pa.array(latent.hazard.astype(np.float32)),
            pa.array((first >= life.profile.since_day) & (first < latent.end_day)),
        ]  # fmt: skip
        return pa.Table.from_arrays(columns, schema=_PATH)

    def _account(self, life: AccountLife) -> dict[str, object]:
        profile, churn, begin = life.profile, life.latent.churn, self.spec.start_day
        now = life.latent.situation(min(self.spec.days, life.latent.days) - 1)
        shocks = [
            {"kind": s.kind.value, "on": date_of(begin + s.day).isoformat(), "size": round(s.size, 3)}
            for s in life.latent.shocks
        ]
        given = [
            {
                "kind": g.kind.value,
                "on": date_of(begin + g.day).isoformat(),
                "effect": g.effect,
                "propensity": round(g.propensity, 4),
            }
            for g in life.latent.interventions
        ]
        return {
            "account_id": profile.key, "fit": profile.fit, "response": profile.response.value,
            **{f"effect_{kind}": effect_of(profile, kind, 0.5, now) for kind in InterventionKind},
            "story": profile.story.trigger.value if profile.story else None,
            "story_is_live": profile.story.is_live if profile.story else None,
            "churn_decided_on": date_of(begin + churn.decided_day) if churn else None,
            "churned_on": date_of(begin + churn.last_day) if churn else None,
            "churn_cause": churn.cause.value if churn else None, "churn_reason": churn.reason if churn else None,
            "is_quiet_leaver": churn.is_quiet if churn else None,
            "shocks": msgspec.json.encode(shocks).decode(), "interventions": msgspec.json.encode(given).decode(),
        }  # fmt: skip

    def _relate(self, life: AccountLife) -> None:
        profile = life.profile
        if profile.story:
            when = self._stories.setdefault(profile.story.trigger.value, {"history": [], "live": []})
            when["live" if profile.story.is_live else "history"].append(profile.key)
        if profile.merged_into:
            self._relations["merged"].append([profile.key, profile.merged_into])
        if profile.parent:
            self._relations["parents"].append([profile.key, profile.parent])
        if profile.shares_contact and len(life.people.users) > 1:
            self._relations["shared_contacts"].append([life.people.users[1].key, profile.key])

    def _company(self) -> dict[str, object]:
        spec, gone = self.spec, outage(self.spec)
        return {
            "seed": spec.seed, "accounts": spec.accounts, "months": spec.months, "until": stamp(spec.until_micros),
            "simulated_days_beyond_until": LIVE_DAYS,
            "bad_releases": [
                {"on": date_of(spec.start_day + s.day).isoformat(), "size": round(s.size, 3)} for s in releases(spec, spec.days + LIVE_DAYS)
            ],
            "telemetry_outage": {"since": stamp(gone[0]), "until": stamp(gone[1])} if gone else None,
            "stories": self._stories, "protected_from_churn_until_end_of_history": "accounts with a story",
            **self._relations, "anomalies": self._counts,
        }  # fmt: skip


def _table(rows: list[tuple[str, str, str, float]] | list[tuple[str, str, float]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)

"""Every setting of a Forestay process, from FORESTAY_* environment variables and the command line.

Gives: Settings, read once at start and passed down; no other module reads the environment.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One typed place; a wrong value names the variable and its fix."""

    model_config = SettingsConfigDict(env_prefix="FORESTAY_", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Where PostgreSQL, the log, the lake and snapshots live.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8400, ge=1, le=65535, description="Port of the collection and management API.")
    database_url: SecretStr | None = Field(
        None, description="postgresql://owner:...@host/db; embedded PostgreSQL if empty."
    )
    log_url: str = Field("file:", description="Where the event log is: file: (in the data folder) or file:/path.")
    lake_url: str | None = Field(
        None, description="Folder or object-store URL of the lake; in the data folder if empty."
    )
    admin_key: SecretStr | None = Field(None, description="First admin API key of an empty database.")
    write_key: SecretStr | None = Field(None, description="First collection write key of an empty database.")
    smtp_url: SecretStr | None = Field(
        None, description="smtp[s]://user:password@host:port; the built-in outbox if empty."
    )
    mail_from: str = Field("Forestay <forestay@localhost>", description="Sender of e-mail.")
    webhook_private_hosts: list[str] = Field(default_factory=list, description="Private hosts that webhooks may reach.")
    tick_interval_ms: int = Field(25, ge=1, le=1000, description="Shortest time between two ticks of the worker.")
    lake_flush_events: int = Field(50_000, ge=1, description="Flush the lake at this many waiting events...")
    lake_flush_seconds: float = Field(60.0, gt=0, description="...or after this many seconds.")
    log_retention_hours: float = Field(
        168.0, ge=0, description="Keep read log segments this long, for repair and replay."
    )
    journey_retention_days: int = Field(
        400, ge=32, description="Keep ended runs of journeys and the history of runs this long."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    otlp_endpoint: str | None = Field(None, description="OTLP/HTTP endpoint for traces and metrics; off if empty.")
    rate_limit_events_per_second: int = Field(500_000, ge=1, description="Collection limit of one write key.")

    @field_validator("log_url")
    @classmethod
    def _log_is_a_file(cls, url: str) -> str:
        """Only the file driver exists: anything else would silently become a folder of that name."""
        if not url.startswith("file:") or (url.startswith("file://") and not url.startswith("file:///")):
            raise ValueError(
                f"'{url}' is no place for the log; write file: (in the data folder) or file:/absolute/path"
            )
        return url

    @property
    def log_dir(self) -> Path:
        """Folder of the file log."""
        rest = self.log_url.removeprefix("file:")
        rest = rest.removeprefix("//")
        return Path(rest) if rest else self.data_dir / "log"

    @property
    def lake_root(self) -> str:
        """Folder or URL of the lake."""
        return self.lake_url or str(self.data_dir / "lake")

    def environment(self) -> dict[str, str]:
        """These settings as FORESTAY_* variables, for a child process to read back."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        texts = {name: _variable(value) for name, value in values.items() if value is not None}
        return {f"FORESTAY_{name.upper()}": text for name, text in texts.items()}


def _variable(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return json.dumps(value) if isinstance(value, list) else str(value)

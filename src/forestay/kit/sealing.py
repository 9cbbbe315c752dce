"""Secrets that must be read again, such as a webhook's: sealed with the installation's key before they are stored.

Gives : Seal
Reads : <data folder>/secrets/settings-key (made once, readable by its owner only; part of every backup)
Source: Fernet (AES-128-CBC and HMAC-SHA256, cryptography.io). Who has the database alone cannot read them; who
        has the data folder can.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from forestay.kit.errors import ForestayError
from forestay.kit.secret_files import secret_in

PREFIX = "sealed:1:"
"""How a sealed text begins; the number says by which method."""
_KEY_NAME = "settings-key"


class NotOurSeal(ForestayError):
    """The text was sealed with another key: write the secret anew, or bring back `secrets/settings-key`."""

    code = "not_our_seal"

    def __init__(self) -> None:
        super().__init__(
            "a stored secret was sealed with another key; write it anew, or bring secrets/settings-key back from a backup"
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """The seal of one data folder; its key is made with the first use."""

    data_dir: Path

    def close(self, text: str) -> str:
        """The text so that only this installation can read it; never the same twice."""
        from cryptography.fernet import Fernet  # few workspaces have secrets, and every start would pay for it

        return PREFIX + Fernet(self._key()).encrypt(text.encode()).decode()

    def open(self, stored: str) -> str:
        """What was sealed; a text that never was is given as it is. Raises NotOurSeal."""
        if not stored.startswith(PREFIX):
            return stored
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._key()).decrypt(stored.removeprefix(PREFIX)).decode()
        except InvalidToken as error:
            raise NotOurSeal from error

    def _key(self) -> str:
        return secret_in(self.data_dir, _KEY_NAME) + "="  # 32 bytes in URL-safe base64; Fernet wants the padding

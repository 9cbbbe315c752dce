"""A book of keys for tests: two write keys and two management keys, and a store that can be away."""

import threading

from forestay.governance.keys import KeyFacts, KeyKind
from forestay.store.database import StoreUnavailable

WRITE_KEY, OTHER_WRITE_KEY = "fsw_made-up-write-key", "fsw_another-write-key"
IMPORT_KEY, READ_KEY = "fsk_made-up-import-key", "fsk_made-up-read-key"


class KeyRing:
    """known() forgets everything when `is_stale`; find() fails while `is_away`."""

    def __init__(self) -> None:
        self.is_away, self.is_stale = False, False
        self.found_in: list[str] = []
        self._facts = {
            WRITE_KEY: KeyFacts(1, 7, KeyKind.WRITE, ()),
            OTHER_WRITE_KEY: KeyFacts(2, 8, KeyKind.WRITE, ()),
            IMPORT_KEY: KeyFacts(3, 7, KeyKind.MANAGEMENT, ("imports:write",)),
            READ_KEY: KeyFacts(4, 7, KeyKind.MANAGEMENT, ("tasks:read",)),
        }

    def known(self, secret: str) -> KeyFacts | None:
        return None if self.is_stale else self._facts.get(secret)

    def find(self, secret: str) -> KeyFacts | None:
        self.found_in.append(threading.current_thread().name)
        if self.is_away:
            raise StoreUnavailable("the server closed the connection")
        return self._facts.get(secret)

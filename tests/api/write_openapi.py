"""Writes docs/openapi.json anew: python -m tests.api.write_openapi"""

from __future__ import annotations

import json
from typing import Any, cast

from forestay.api.app import create_app, openapi_of
from tests.api.test_probes import SNAPSHOT

if __name__ == "__main__":
    app = create_app(cast(Any, None))
    SNAPSHOT.write_text(json.dumps(openapi_of(app), indent=1, ensure_ascii=False) + "\n")

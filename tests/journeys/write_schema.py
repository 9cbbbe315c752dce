"""Write the schema of journeys that the web workspace is built with: `python -m tests.journeys.write_schema`."""

from __future__ import annotations

import json
from pathlib import Path

from forestay.journeys.schema import journey_schema

WRITTEN = Path(__file__).parents[2] / "web" / "src" / "journey" / "schema.json"


def schema_text() -> str:
    """The file's text: what `GET /api/schemas/journey` answers, in a stable form with a definition a line."""
    schema = journey_schema()
    names = "".join(f"\n    {json.dumps(name)}: {json.dumps(part)}," for name, part in schema["$defs"].items())
    rest = json.dumps({key: part for key, part in schema.items() if key != "$defs"}, indent=1)
    return f'{rest[:-2]},\n "$defs": {{{names.removesuffix(",")}\n }}\n}}\n'


if __name__ == "__main__":
    WRITTEN.parent.mkdir(exist_ok=True)
    WRITTEN.write_text(schema_text())

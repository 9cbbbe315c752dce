"""Where the processes of one data folder meet: the server's door for what the others have to write in the log.

Gives : INTERNAL_PATH, SECRET_NAME, WORKSPACE_HEADER, CODEC_HEADER
"""

from __future__ import annotations

INTERNAL_PATH = "/internal/append"
SECRET_NAME = "internal"  # noqa: S105
WORKSPACE_HEADER = "x-forestay-workspace"
CODEC_HEADER = "x-forestay-codec"
"""'segment' for a body of tracking calls; an Arrow stream of typed rows without it."""

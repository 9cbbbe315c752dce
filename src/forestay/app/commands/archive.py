"""`forestay backup` and `forestay restore`: the whole product in one archive, and back."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from forestay.kit.settings import Settings
from forestay.store.backup import back_up, restore
from forestay.store.restored import Restored


def write_archive(settings: Settings, target: Path) -> None:
    """Make the archive and say what is in it."""
    console = Console(highlight=False)
    with console.status("copying"):
        manifest = back_up(settings, target)
    size = target.stat().st_size / 1e6
    console.print(f"{target}: {size:,.1f} MB, {len(manifest.files):,} files with their checksums")
    console.print("It holds customers' data and the workspace's secrets: keep it where only you can read it.")


def bring_back(settings: Settings, source: Path) -> None:
    """Fill the data folder and say how to go on."""
    console = Console(highlight=False)
    with console.status("checking and copying back"):
        _, held_back = restore(settings, source)
    if held_back != Restored():
        console.print(
            f"Held back, since it may have happened after the backup was taken: {held_back.effects} effects (to be resolved), "
            f"{held_back.held} runs (to be released), {held_back.skipped} runs skipped, {held_back.entries} entries set aside."
        )
    console.print(f"{settings.data_dir} is as it was; start it with: forestay up --data {settings.data_dir}")

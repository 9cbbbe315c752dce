"""The made-up company: behaviour from hidden causes, data through the front door, truth kept apart.

Start: CompanySpec -> simulate() -> write_files(); docs/simulator.md says how behaviour arises.
"""

from forestay.simulator.company import Company, simulate
from forestay.simulator.files import Summary, write_files
from forestay.simulator.live import LivePlay, LiveStep
from forestay.simulator.load import stream_events
from forestay.simulator.shocks import InterventionKind
from forestay.simulator.spec import CompanySpec, Untidiness

__all__ = [
    "Company",
    "CompanySpec",
    "InterventionKind",
    "LivePlay",
    "LiveStep",
    "Summary",
    "Untidiness",
    "simulate",
    "stream_events",
    "write_files",
]

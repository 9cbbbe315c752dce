"""Something to be done in the marketing tool: add_to_list, remove_from_list, start_sequence, by its connector."""

from __future__ import annotations

from typing import ClassVar

from forestay.journeys.connecting import ConnectorSettings, arrive_for, ports, wake
from forestay.journeys.kind import StepKind
from forestay.journeys.ways import When, given


class MarketingActionSettings(ConnectorSettings):
    """Asks the connector of the marketing tool for an action such as add_to_list."""

    kind: ClassVar[str] = "marketing_action"


KIND = StepKind(
    MarketingActionSettings, "Marketing action", arrive_for("marketing"), wake, ports=ports,
    parks=When(((given("follow"),),)), asks=True, group="outside",
)  # fmt: skip

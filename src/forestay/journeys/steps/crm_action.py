"""Something to be done in the CRM: create_opportunity, update_account, log_activity, by its connector."""

from __future__ import annotations

from typing import ClassVar

from forestay.journeys.connecting import ConnectorSettings, arrive_for, ports, wake
from forestay.journeys.kind import StepKind
from forestay.journeys.ways import When, given


class CrmActionSettings(ConnectorSettings):
    """Asks the connector of the CRM for an action such as create_opportunity."""

    kind: ClassVar[str] = "crm_action"


KIND = StepKind(
    CrmActionSettings, "CRM action", arrive_for("crm"), wake, ports=ports,
    parks=When(((given("follow"),),)), asks=True, group="outside",
)  # fmt: skip

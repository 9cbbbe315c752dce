"""The company's own configuration documents, as its CS operations would write them.

Gives: write_configuration(): features.yaml, event-roles/default.yaml, members.yaml, workspace.yaml.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from forestay.kit.clock import date_of
from forestay.simulator.catalogue import EVENT_ROLES, FEATURES
from forestay.simulator.names import MEMBERS
from forestay.simulator.people import NEVER
from forestay.simulator.spec import CompanySpec
from forestay.simulator.usage import deployed_on


def write_configuration(spec: CompanySpec, folder: Path) -> None:
    """Write the four documents into a folder, as `forestay apply` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    documents: dict[str, object] = {
        "features": [
            {
                "key": feature.key,
                "name": feature.name,
                "events": [name for name, _ in feature.events],
                "is_sticky": feature.is_sticky,
                "is_premium": feature.is_premium,
                "module": feature.module,
                "deployed_on": None if (day := deployed_on(spec, feature)) == -NEVER else date_of(spec.start_day + day),
            }
            for feature in FEATURES
        ],
        "event-roles/default": {role: list(names) for role, names in EVENT_ROLES.items()},
        "members": [{"name": one.name, "email": one.email, "role": one.role, "zone": one.zone} for one in MEMBERS],
        "workspace": {"name": spec.name, "zone": spec.zone, "currency": spec.currency},
    }
    for name, document in documents.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")

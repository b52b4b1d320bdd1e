"""What makes a run of a scenario that run, and what every run keeps of where it came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from raabta.engine.ledger import Identity
from raabta.engine.provenance import environment, hash_of, provenance, write_provenance
from raabta.engine.verify import write_output
from raabta.scenario.loader import scenario_hash, to_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from raabta.scenario.kinds import AnyScenario


def identity_of(scenario: AnyScenario, kind: str) -> Identity:
    """Whose a run folder of the scenario is, here and now; `kind` is the noun of what is computed."""
    return Identity(
        scenario_hash=scenario_hash(scenario),
        version=str(environment()["raabta"]),
        seed=scenario.seed,
        environment=hash_of(environment()),
        kind=kind,
    )


def keep(
    folder: Path,
    scenario: AnyScenario,
    identity: Identity,
    outputs: Mapping[str, bytes],
    inputs: Mapping[str, str],
    started: datetime,
) -> None:
    """Write the outputs of a run (file name -> bytes), the scenario as it ran, and where they came from.

    `inputs` maps the name of each input beside the scenario to what identifies it. Raises StoreError.
    """
    for name, data in outputs.items():
        write_output(folder, name, data)
    write_output(folder, "scenario.yaml", to_yaml(scenario).encode())
    content = provenance(
        scenario_hash=identity.scenario_hash,
        seed=identity.seed,
        inputs=inputs,
        started=started,
        ended=datetime.now(UTC),
    )
    write_provenance(folder, content)

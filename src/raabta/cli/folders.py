"""Whether a run can be kept in a folder, asked before anything is computed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from raabta.base.errors import StoreError

if TYPE_CHECKING:
    from raabta.scenario.models import Scenario


def refuse_unusable(folder: Path, scenario: Scenario) -> None:
    """Raise StoreError for a folder that cannot be written, is a file, is in use or holds another scenario.

    Makes nothing and leaves what is there as it is. The engine checks again, and more, when the run starts.
    """
    from raabta.engine import atomic

    try:
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file. Give --out a folder, or a name that is free")
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        tempfile.TemporaryFile(dir=there).close()
    except FileNotFoundError:
        raise StoreError(f"{folder} cannot be made there. Give --out a folder you may write to") from None
    except OSError as error:
        raise atomic.refusal("write into", folder, error) from None
    _refuse_other(folder, scenario)


def _refuse_other(folder: Path, scenario: Scenario) -> None:
    from raabta.engine.ledger import Ledger
    from raabta.scenario.loader import scenario_hash

    held, wanted = Ledger.held(folder), scenario_hash(scenario)
    if held is not None and held.scenario_hash != wanted:
        raise StoreError(
            f"{folder} holds a run of another scenario "
            f"(hash {held.scenario_hash[:8]}; this one is {wanted[:8]}). "
            "Give --out another folder, or leave --out away: a run then gets a folder of its own"
        )

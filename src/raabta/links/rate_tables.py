"""Rates that a radio is built for, as modes with a threshold each: which one holds at some C/N0.

A table is calibrated by what is published of a real link: its rates, and how far one of them was meant to
reach. All modes of a table are taken to need the same energy per bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.links.ranges import FloatArray, in_range

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.scenario.rate_tables import RateTable as TableModel

BITS_PER_BYTE = 8
_MODES = "modes of a radio"


@dataclass(frozen=True)
class RateTable:
    """Modes, slowest first: names, information rates (m,), and the C/N0 (m,) that each needs."""

    label: str
    modes: tuple[str, ...]
    rate_mbps: FloatArray
    required_dbhz: FloatArray

    def best(self, cn0_dbhz: ArrayLike, margin_db: float = 0.0) -> NDArray[np.int64]:
        """Number of the fastest mode that closes with so much to spare, -1 for none. Any shape."""
        spare = np.asarray(cn0_dbhz, np.float64) - margin_db
        return np.searchsorted(self.required_dbhz, spare, side="right").astype(np.int64) - 1

    def rate_at_mbps(self, cn0_dbhz: ArrayLike, margin_db: float = 0.0) -> FloatArray:
        """Rate of that mode, Mbps, 0 for none. Any shape."""
        return np.append(self.rate_mbps, 0.0)[self.best(cn0_dbhz, margin_db)]


def rate_table(
    label: str, rates_mbps: Sequence[float], eb_n0_db: float, modes: Sequence[str] | None = None
) -> RateTable:
    """The table of some rates that all need the same Eb/N0: C/N0 = Eb/N0 + 10 log10 R.

    Eb/N0 is of information bits, what decoder and demodulator lose with it. Raises OutOfRangeError.
    """
    rates = in_range("a rate, Mbps", rates_mbps, 1e-9, 1e6, "Mbps", _MODES)
    if rates.size == 0:
        raise RaabtaError(f"{label}: a table of rates has one mode or more")
    order = np.argsort(rates, kind="stable")
    bad = np.flatnonzero(np.diff(rates[order]) <= 0.0)
    if bad.size:
        raise OutOfRangeError("a rate", f"{rates[order][bad[0]]:g} Mbps twice", "each once", _MODES)
    needed = float(in_range("Eb/N0", eb_n0_db, -2.0, 30.0, "dB", "Shannon's limit is -1.59 dB"))
    names = [rate_name(float(rate)) for rate in rates] if modes is None else list(modes)
    if len(names) != rates.size:
        raise RaabtaError(f"{label}: {len(names)} names for {rates.size} modes")
    required = needed + 10.0 * np.log10(rates[order] * 1e6)
    return RateTable(label, tuple(names[k] for k in order), rates[order], required)


def of_catalogue(name: str) -> RateTable:
    """The table of a catalogue entry, such as `queqiao-1-rover-return`. Raises ScenarioError."""
    model = catalogue_model(name)
    return rate_table(model.label, [mode.rate_mbps for mode in model.modes], model.eb_n0_db)


def catalogue_model(name: str) -> TableModel:
    """The entry itself, with the range that calibrates it. Raises ScenarioError."""
    from raabta.base.errors import ScenarioError
    from raabta.scenario.catalogue import catalogue_names, entry
    from raabta.scenario.rate_tables import RateTable as TableModel

    model = entry(name).model
    if not isinstance(model, TableModel):
        known = ", ".join(catalogue_names("rate-table"))
        raise ScenarioError(f"'{name}' is a {entry(name).kind}, not a rate-table", hint=f"one of: {known}")
    return model


def rate_name(rate_mbps: float) -> str:
    """A rate in words: 0.000125 is `125 bit/s`."""
    for size, unit in ((1.0, "Mbit/s"), (1e-3, "kbit/s"), (1e-6, "bit/s")):
        if rate_mbps >= size * (1.0 - 1e-12):
            return f"{rate_mbps / size:.6g} {unit}"
    return f"{rate_mbps * 1e6:.6g} bit/s"


def volume_bytes(rate_mbps: ArrayLike, duration_s: ArrayLike) -> FloatArray:
    """What a rate carries in a time, bytes. Arrays broadcast."""
    return np.asarray(np.asarray(rate_mbps, np.float64) * 1e6 / BITS_PER_BYTE * np.asarray(duration_s))


def transfer_s(size_bytes: ArrayLike, rate_mbps: ArrayLike) -> FloatArray:
    """How long so many bytes take at a rate, s; infinite at none. Arrays broadcast."""
    rate = np.asarray(rate_mbps, np.float64) * 1e6
    bits = BITS_PER_BYTE * np.asarray(size_bytes, np.float64)
    out = np.full(np.broadcast(bits, rate).shape, np.inf)
    return np.asarray(np.divide(bits, rate, out=out, where=rate > 0.0))

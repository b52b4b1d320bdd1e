"""Ends of a space link from the catalogue's tracking stations."""

from __future__ import annotations

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.links.space_link import Antenna, Disc, Receiver, Transmitter
from raabta.scenario.tracking import StationRadio, TrackingStation


def station(name: str) -> TrackingStation:
    """A tracking station of the catalogue, such as `kashi`. Raises ScenarioError."""
    from raabta.scenario.catalogue import catalogue_names, entry

    model = entry(name).model
    if not isinstance(model, TrackingStation):
        known = ", ".join(catalogue_names("tracking-station"))
        raise ScenarioError(
            f"'{name}' is a {entry(name).kind}, not a tracking-station", hint=f"one of: {known}"
        )
    return model


def receiver(own: TrackingStation, band: str, discs: tuple[Disc, ...] = ()) -> Receiver:
    """A station's receiver in a band, with what else is in its beam. Raises OutOfRangeError."""
    return Receiver(_dish(own), discs=discs, clear_system_k=radio(own, band).system_k)


def transmitter(own: TrackingStation, band: str) -> Transmitter:
    """A station's transmitter in a band. Raises OutOfRangeError where it has none."""
    power_w = radio(own, band).power_w
    if power_w is None:
        raise OutOfRangeError(
            f"{band} of {own.name}", "receives alone", "a band with power_w", "its catalogue entry"
        )
    return Transmitter(_dish(own), power_w)


def radio(own: TrackingStation, band: str) -> StationRadio:
    """A station's radio in a band. Raises OutOfRangeError, with the bands that there are."""
    for each in own.radios:
        if each.band == band:
            return each
    bands = ", ".join(each.band for each in own.radios) or "none"
    raise OutOfRangeError(f"a band of {own.name}", repr(band), bands, "its catalogue entry")


def _dish(own: TrackingStation) -> Antenna:
    return Antenna(dish_m=own.dish_m, efficiency_share=own.efficiency_share)

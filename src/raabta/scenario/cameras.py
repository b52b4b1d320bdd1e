"""What a scenario says of cameras in orbit about the Moon, and of the places that they look for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from raabta.scenario.model import Latitude, Longitude, Model, Name, Positive

View = Annotated[float, Field(gt=0.0, lt=180.0)]
Priority = Annotated[int, Field(ge=0, le=255)]


class Camera(Model):
    """A camera of a craft about the Moon: what it sees, when it takes images, what an image weighs.

    Its field of view is a rectangle about where it points. Give its pixels, or what one of them is on the
    ground from some height.
    """

    name: Name = Field(description="how results call it, and its images among the data")
    craft: Name = Field(description="what carries it; an `orbiter` about the Moon")
    across_deg: View = Field(description="field of view across the track")
    along_deg: View = Field(description="field of view along the track")
    pixels_across: int | None = Field(default=None, ge=1, le=1_000_000, description="pixels across the track")
    pixels_along: int | None = Field(default=None, ge=1, le=1_000_000, description="pixels along the track")
    ground_sample_m: Positive | None = Field(
        default=None, description="or a pixel on the ground below, from `ground_sample_height_km`"
    )
    ground_sample_height_km: Positive | None = Field(
        default=None, description="the height that ground_sample_m is of"
    )
    pointing: Literal["target", "nadir", "limb"] = Field(
        default="target",
        description="target: turned to each target; nadir: straight down; limb: at the limb ahead",
    )
    off_nadir_max_deg: float = Field(
        default=30.0, gt=0.0, le=90.0, description="pointing at targets: farthest that it turns from nadir"
    )
    emission_max_deg: float = Field(
        default=70.0,
        gt=0.0,
        le=90.0,
        description="slantest view of a target, from its vertical; 90 = the limb",
    )
    sun_elevation_min_deg: float = Field(
        default=5.0, ge=0.0, lt=90.0, description="lowest Sun at a target, its middle over a sphere"
    )
    images_per_pass: int = Field(
        default=1, ge=1, le=1_000, description="most images of a target in one window"
    )
    cadence_s: Positive = Field(default=60.0, description="least time between two images")
    image_mb: Positive = Field(description="10^6 bytes of an image as it is sent")
    thumbnail_mb: Positive | None = Field(
        default=None, description="10^6 bytes of a small copy that is sent too, before the image"
    )
    thumbnail_priority: Priority = Field(
        default=2, description="of the small copies; images have their target's"
    )
    destination: Name = Field(description="the node that images are for")
    lifetime_s: Positive | None = Field(
        default=None, description="after which an image is lost; none = never"
    )

    @model_validator(mode="after")
    def _pixels_or_sample(self) -> Self:
        pixels = (self.pixels_across, self.pixels_along)
        sample = (self.ground_sample_m, self.ground_sample_height_km)
        given = [[value is not None for value in each] for each in (pixels, sample)]
        if sorted(given) != [[False, False], [True, True]]:
            raise ValueError(
                f"camera {self.name}: give pixels_across and pixels_along, or ground_sample_m and "
                "ground_sample_height_km"
            )
        return self


class Target(Model):
    """A place on the Moon that cameras look for."""

    name: Name = Field(description="how results call it")
    frame: Literal["MOON_ME", "MOON_PA"] = Field(description="what its coordinates are of; it must be said")
    latitude_deg: Latitude = Field(description="north positive")
    longitude_deg: Longitude = Field(description="east positive")
    height_m: float = Field(
        default=0.0, ge=-12_000.0, le=12_000.0, description="above the Moon's sphere of 1,737.4 km"
    )
    priority: Priority = Field(
        default=1, description="of its images: 0 bulk, 1 normal, 2 expedited, and higher"
    )

"""The name and the colours of a portal: a small file that a ministry writes for itself."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from orchestration.findings import Texts
from orchestration.located import FaultsError, LocatedError, Location, read_located

SHIPPED = Path(__file__).with_name("branding.yml")
_LEAST_CONTRAST = 4.5
_PAPER = {"light": "#ffffff", "dark": "#14191d"}


class BrandingError(LocatedError):
    """A branding that cannot be used: all its faults at once, each with file, line and reason."""


class Colour(BaseModel):
    """The portal's colour, as `#rrggbb`, on a light and on a dark page."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    light: str
    dark: str

    @model_validator(mode="after")
    def _can_be_read(self) -> "Colour":
        faults: list[tuple[Location, str]] = []
        for page, paper in _PAPER.items():
            told = getattr(self, page)
            if not re.fullmatch(r"#[0-9a-fA-F]{6}", told):
                faults.append(((page,), f"{told} is no colour; one is written #rrggbb"))
            elif (found := contrast(told, paper)) < _LEAST_CONTRAST:
                reason = f"{told} on a {page} page has a contrast of {found:.1f} to 1; {_LEAST_CONTRAST} is the least"
                faults.append(((page,), reason))
        if faults:
            raise FaultsError(faults)
        return self


class Branding(BaseModel):
    """What the portal is called, who publishes it, its colour."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Texts
    subtitle: Texts
    publisher: Texts
    colour: Colour

    @property
    def style(self) -> str:
        """The colour as the first lines of the stylesheet."""
        light, dark = f":root {{ --brand: {self.colour.light}; }}", f":root {{ --brand: {self.colour.dark}; }}"
        return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"


def read(path: Path = SHIPPED) -> Branding:
    """The branding of a file. Raises BrandingError."""
    try:
        located = read_located(path)
    except LocatedError as error:
        raise BrandingError(error.problems) from error
    try:
        return Branding.model_validate(located.content)
    except ValidationError as error:
        raise BrandingError(located.problems(error)) from error


def contrast(one: str, other: str) -> float:
    """How well one colour can be read on another, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

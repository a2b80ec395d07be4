"""What was decided about small counts: `expectations/disclosure.yml`."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FILE = "disclosure.yml"


class DisclosureError(Exception):
    """The policy cannot be read; says where and why."""


class Total(BaseModel):
    """An indicator that holds others: whoever has both can take one from the other."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    total: str = Field(description="Indicator that holds the others.")
    parts: tuple[str, ...] = Field(min_length=1, description="Indicators that it holds; nothing is in two of them.")

    @model_validator(mode="after")
    def _is_sensible(self) -> "Total":
        if self.total in self.parts or len(set(self.parts)) < len(self.parts):
            raise ValueError("an indicator is named twice")
        return self


class Policy(BaseModel):
    """How small counts are withheld from everything that is public."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    threshold: Annotated[int, Field(ge=2, le=100)] = 5
    """A sensitive figure is shown from this count on; so is zero."""
    rounding_base: Annotated[int, Field(ge=2, le=1000)] | None = None
    """Sensitive figures that are shown are rounded to its multiples; None shows them as they are. At most twice the
    threshold: a larger one would round counts that are shown to zero."""
    totals: tuple[Total, ...] = ()

    @model_validator(mode="after")
    def _rounds_nothing_to_zero(self) -> "Policy":
        if self.rounding_base is not None and self.rounding_base > 2 * self.threshold:
            raise ValueError(f"rounding_base may be {2 * self.threshold} at most, twice the threshold")
        return self

    @property
    def indicators(self) -> set[str]:
        """All indicators that it names."""
        return {code for total in self.totals for code in (total.total, *total.parts)}


def load_policy(expectations: Path, indicators: Collection[str]) -> Policy:
    """Read the policy. Without the file the defaults hold: never less control than that by mistake.

    `indicators` are the codes that there are. Raises DisclosureError.
    """
    path = expectations / FILE
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Policy()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DisclosureError(f"{path}: {error}") from error
    try:
        policy = Policy.model_validate(content or {})
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors())
        raise DisclosureError(f"{path}: {told}") from error
    unknown = sorted(policy.indicators - set(indicators))
    if unknown:
        raise DisclosureError(f"{path}: totals: there is no indicator {', '.join(unknown)}")
    return policy

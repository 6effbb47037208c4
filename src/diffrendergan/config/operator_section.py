"""What the sections of the operators after the render share."""

from __future__ import annotations

from pydantic import model_validator

from diffrendergan.config.base import Learned, Section


class OperatorSection(Section):
    """The parameters of one operator; left as they are by default, it leaves images as they are."""

    @property
    def acts(self) -> bool:
        """Whether the operator changes an image at all."""
        raise NotImplementedError

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        return None if self.acts else "the operator is left out"

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> OperatorSection:
        for name in type(self).model_fields:
            if isinstance(getattr(self, name), Learned) and (reason := self.why_without_effect(name)) is not None:
                raise ValueError(
                    f"{name} cannot be learned, because it cannot change the image: {reason}; give it a number"
                )
        return self

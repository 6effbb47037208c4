"""The operators of a configuration, found by its fields and put in their order."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from diffrendergan.config.base import Learned, Parameter, Section, fixed_at
from diffrendergan.config.imaging import BEFORE_OPERATORS
from diffrendergan.config.operator_section import OperatorSection
from diffrendergan.imaging import operators
from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.rendering.protocol import BufferName, ParameterSpec


@dataclass(frozen=True)
class Link:
    """An operator with the parameters that a configuration gives it.

    Attributes
    ----------
    operator : Operator
        What it does.
    parameters : dict
        Its parameters by name, fixed or learned.
    """

    operator: Operator
    parameters: dict[str, Parameter]

    @property
    def columns(self) -> tuple[ParameterSpec, ...]:
        """The learned parameters: ``imaging.FIELD``, or ``imaging.FIELD.NAME`` of a section."""
        field = self.operator.field
        return tuple(
            ParameterSpec(f"imaging.{field}" if name == field else f"imaging.{field}.{name}", *value.learn)
            for name, value in self.parameters.items()
            if isinstance(value, Learned)
        )

    def inputs(
        self,
        images: torch.Tensor,
        learned: Sequence[torch.Tensor],
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> Inputs:
        """Return what the operator is given.

        Parameters
        ----------
        images : torch.Tensor
            Shape (B, H, W).
        learned : sequence of torch.Tensor
            Values of `columns`, shape (B,) each.
        buffers : mapping
            Buffers (B, H, W) by name, those of the operator among them.
        rng : torch.Generator, optional
            Source of randomness.
        """
        values = values_of(self.parameters, learned, images)
        largest = {name: max(map(abs, _ends(value))) for name, value in self.parameters.items()}
        asked = {name: buffers[name] for name in self.operator.buffers}
        return Inputs(images, values, largest, asked, rng)


def values_of(
    parameters: Mapping[str, Parameter], learned: Sequence[torch.Tensor], images: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return each parameter's values (B,) by name: the next column of θ if it is learned, else its number."""
    columns = iter(learned)
    return {
        name: next(columns) if isinstance(value, Learned) else torch.full_like(images[:, 0, 0], value)
        for name, value in parameters.items()
    }


def find_operators() -> dict[str, Operator]:
    """Return the operators of all modules in `imaging.operators`, by the field that configures them."""
    found: dict[str, Operator] = {}
    for module in pkgutil.iter_modules(operators.__path__):
        operator: Operator = importlib.import_module(f"{operators.__name__}.{module.name}").OPERATOR
        if operator.field in found:
            raise ValueError(f"two operators claim the field {operator.field!r} of the imaging section")
        found[operator.field] = operator
    return found


def links_of(config: Section) -> tuple[Link, ...]:
    """Return the links that act, in the order of the configuration's fields.

    Raises
    ------
    ValueError
        If a field has no operator.
    """
    found = find_operators()
    links = []
    for field in type(config).model_fields:
        if field in BEFORE_OPERATORS:
            continue
        if field not in found:
            raise ValueError(f"no module of imaging.operators has an operator for the field {field!r}")
        value = getattr(config, field)
        if isinstance(value, OperatorSection):
            if value.acts:
                parameters = {name: getattr(value, name) for name in type(value).model_fields}
                links.append(Link(found[field], parameters))
        elif not fixed_at(value, 0):
            links.append(Link(found[field], {field: value}))
    return tuple(links)


def _ends(value: Parameter) -> tuple[float, ...]:
    return value.learn if isinstance(value, Learned) else (float(value),)

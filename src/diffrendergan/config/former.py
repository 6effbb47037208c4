"""Fields that have moved: still read where they were, for this version, and said."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from diffrendergan.config.merge import Values, merged, nested
from diffrendergan.errors import ConfigError, FormerWayWarning

DEVICES = (("training", "device"), ("segmentation", "device"), ("segmentation", "nnunet", "device"))
"""Where a device could be set before there was `compute.device`."""


def moved(values: Values, where: str) -> Values:
    """Return `values` with fields of earlier versions in their new places.

    Warns
    -----
    FormerWayWarning
        If the file asks for something in an old place; `auto` was the default, and is moved without a word.

    Raises
    ------
    ConfigError
        If two places ask for different devices.
    """
    said = {".".join(path): found[0] for path in DEVICES if (found := _found(values, path))}
    if not said:
        return values
    values = without_former(values)
    asked = {name: device for name, device in said.items() if device != "auto"}
    if new := _found(values, ("compute", "device")):
        asked |= {"compute.device": new[0]} if new[0] != "auto" else {}
    devices = list(asked.values())
    if any(device != devices[0] for device in devices):
        listed = ", ".join(f"`{name}: {device}`" for name, device in asked.items())
        raise ConfigError(
            f"{where}: {listed}: there is one device for all now; keep the one that you want as `compute.device` "
            "and remove the others."
        )
    old = [name for name in asked if name != "compute.device"]
    if old:
        listed = " and ".join(f"`{name}`" for name in old)
        warnings.warn(
            f"{where}: {listed} {'is' if len(old) == 1 else 'are'} read as `compute.device: {devices[0]}`, which holds "
            "for all stages; write that instead, the next version will ask for it.",
            FormerWayWarning,
            stacklevel=3,
        )
    return merged(values, nested(("compute", "device"), devices[0] if devices else "auto"))


def without_former(values: Values) -> Values:
    """Return `values` without the fields of earlier versions."""
    for path in DEVICES:
        values = _without(values, path)
    return values


def _found(values: Any, path: tuple[str, ...]) -> tuple[Any] | tuple[()]:
    """Return the value at a path, or nothing."""
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return ()
        values = values[key]
    return (values,)


def _without(values: Values, path: tuple[str, ...]) -> Values:
    key, *rest = path
    if not _found(values, path):
        return values
    if not rest:
        return {name: value for name, value in values.items() if name != key}
    return {**values, key: _without(values[key], tuple(rest))}

"""talentflow: an open observatory of AI talent and compute.

The public names are imported lazily, so `import talentflow` costs nothing until one is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["TalentflowError", "__version__"]

_HOMES = {
    "TalentflowError": "talentflow.core.errors",
}

if TYPE_CHECKING:
    from talentflow.core.errors import TalentflowError as TalentflowError


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'talentflow' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

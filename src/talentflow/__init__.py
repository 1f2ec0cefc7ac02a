"""talentflow: an open observatory of AI talent and compute.

The public names are imported lazily, so `import talentflow` costs nothing until one is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Query": "talentflow.indicators.snapshot",
    "Settings": "talentflow.core.settings",
    "TalentflowError": "talentflow.core.errors",
    "build": "talentflow.pipeline.build",
    "figures": "talentflow.pipeline.reading",
    "open_snapshot": "talentflow.indicators.snapshot",
    "read": "talentflow.pipeline.reading",
    "select_values": "talentflow.indicators.snapshot",
}

__all__ = [
    "Query",
    "Settings",
    "TalentflowError",
    "__version__",
    "build",
    "figures",
    "open_snapshot",
    "read",
    "select_values",
]

if TYPE_CHECKING:
    from talentflow.core.errors import TalentflowError as TalentflowError
    from talentflow.core.settings import Settings as Settings
    from talentflow.indicators.snapshot import Query as Query
    from talentflow.indicators.snapshot import open_snapshot as open_snapshot
    from talentflow.indicators.snapshot import select_values as select_values
    from talentflow.pipeline.build import build as build
    from talentflow.pipeline.reading import figures as figures
    from talentflow.pipeline.reading import read as read


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'talentflow' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Writes the toy world that `make run` builds from where there are no real records.

The same folder and seed give the same bytes, so a repeated build has nothing to do.
"""

from __future__ import annotations

import sys
from pathlib import Path

from talentflow.sources.toy import REALISTIC_ERRORS, WorldSpec, build_world, write_world

SEED = 2024
PEOPLE = 15_000


def main() -> None:
    """Write the world into the folder named by the only argument."""
    folder = Path(sys.argv[1])
    spec = WorldSpec(people=PEOPLE, errors=REALISTIC_ERRORS)
    write_world(
        build_world(spec, SEED), folder, sources=("paperlists", "ror", "university-domains")
    )
    print(f"no real records here: a toy world of invented careers was written to {folder}")


if __name__ == "__main__":
    main()

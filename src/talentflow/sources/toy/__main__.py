"""`python -m talentflow.sources.toy OUT --people N --seed S`: write a toy world to a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from talentflow.core.errors import TalentflowError
from talentflow.sources.toy.careers import World, build_world
from talentflow.sources.toy.spec import REALISTIC_ERRORS, ErrorRates, WorldSpec
from talentflow.sources.toy.truth import truth
from talentflow.sources.toy.write import HISTORIES, SOURCES, write_world


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the world, print its true headline figures and return the exit status."""
    chosen = _parse(arguments)
    try:
        errors = REALISTIC_ERRORS if chosen.with_errors else ErrorRates()
        world = build_world(WorldSpec(people=chosen.people, errors=errors), chosen.seed)
        told = [name for name in SOURCES if chosen.with_openalex or name != "openalex"]
        told += HISTORIES if chosen.with_histories else ()
        write_world(world, chosen.folder, sources=told)
    except TalentflowError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(_summarize(world))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m talentflow.sources.toy", description="Write a made-up world to a folder."
    )
    parser.add_argument("folder", metavar="OUT", type=Path)
    parser.add_argument("--people", type=int, default=2000, help="expected number (2000)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another world (0)")
    parser.add_argument(
        "--with-errors", action="store_true", help="plant misprints at realistic rates"
    )
    parser.add_argument(
        "--with-openalex", action="store_true", help="the same papers as OpenAlex has them too"
    )
    parser.add_argument(
        "--with-histories", action="store_true", help="ORCID, OpenReview and DBLP too"
    )
    return parser.parse_args(arguments)


def _summarize(world: World) -> str:
    table = truth(world)
    year = world.spec.last_year - 4
    lines = [f"{world.n_people} people, {int(world.papers.sum())} author slots; truth of {year}:"]
    lines += [
        f"  {code}  stock {table.pick('stock', code, year):6.0f}   "
        f"in {table.pick('inflow', code, year):4.0f}   "
        f"out {table.pick('outflow', code, year):4.0f}   "
        f"net {table.pick('net_rate_pct', code, year):+.1f} %"
        for code in table.countries
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

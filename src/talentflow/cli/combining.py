"""`combine`."""

from __future__ import annotations

import json
from typing import Any

import click

from talentflow.cli.options import format_option, setting_options, settings_from
from talentflow.core.areas import parse_area
from talentflow.core.errors import UsageError


@click.command()
@setting_options("data", "store", "workers")
@click.option("--areas", default=None, help="Countries, separated by commas. [default: 30 largest]")
@click.option("--years", default=None, help="FIRST:LAST. [default: years told by several sources]")
@click.option("--chains", type=click.IntRange(2, 64), default=4, show_default=True,
              help="Chains of the sampler; they check each other.")  # fmt: skip
@click.option("--warmup", type=click.IntRange(100), default=200, show_default=True,
              help="Steps of each chain that only tune it.")  # fmt: skip
@click.option("--draws", type=click.IntRange(100), default=800, show_default=True,
              help="Steps of each chain that are kept.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the draws.")
@format_option("text", "json")
def combine(
    areas: str | None,
    years: str | None,
    chains: int,
    warmup: int,
    draws: int,
    seed: int,
    format_: str,
    **given: Any,
) -> None:
    """One estimate of stock and net rate from several sources, beside the single-source figures.

    Writes combined/<snapshot id>/ in the store: estimates.parquet, biases.parquet and
    diagnostics.json. What has not converged is not written (exit status 1).
    """
    settings = settings_from(given)
    from talentflow.estimate.combine import Sampling
    from talentflow.pipeline.combining import Choice, combine_store

    choice = Choice(areas=_parse_areas(areas), years=_parse_years(years))
    sampling = Sampling(
        chains=chains,
        warmup=warmup,
        draws=draws,
        seed=seed,
        level=settings.level,
        workers=settings.worker_count,
    )
    told = click.echo if format_ == "text" else len
    folder, combined = combine_store(settings.store, settings.data, choice, sampling, told)
    if format_ == "json":
        click.echo(json.dumps(combined.diagnostics, indent=1))
        return
    facts = combined.diagnostics
    click.echo(
        f"combined {len(facts['areas'])} areas, {facts['years'][0]} to {facts['years'][1]}: "
        f"{combined.estimates.num_rows:,} figures in {folder}"
    )


def _parse_areas(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(parse_area(part) for part in text.split(",") if part.strip())


def _parse_years(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition(":")
    if not (first.isdigit() and last.isdigit()):
        raise UsageError(f"years {text!r}", expected="FIRST:LAST, e.g. 2000:2014")
    return int(first), int(last)

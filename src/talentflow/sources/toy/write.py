"""The toy world on disk: the folder of raw files that a build reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talentflow.core.errors import InputError, UsageError
from talentflow.sources.toy.affiliations import Letterhead
from talentflow.sources.toy.careers import World
from talentflow.sources.toy.conferences import write_conferences
from talentflow.sources.toy.dblp import write_dblp
from talentflow.sources.toy.histories import list_careers
from talentflow.sources.toy.openalex import write_openalex
from talentflow.sources.toy.openreview import write_openreview
from talentflow.sources.toy.orcid import write_orcid
from talentflow.sources.toy.papers import list_papers
from talentflow.sources.toy.registries import write_ror, write_university_domains

SOURCES: Final = ("paperlists", "ror", "university-domains", "openalex")
"""The folders that `write_world` fills unless told otherwise."""

HISTORIES: Final = ("orcid", "openreview", "dblp")
"""Folders of career histories, filled where asked for."""


def write_world(world: World, folder: Path, *, sources: Sequence[str] = SOURCES) -> None:
    """Write the chosen `sources` of one world below `folder`; the same world, the same bytes.

    The papers are the same in `paperlists` and `openalex`. Files already there are replaced;
    others in the folder are left alone, so write different worlds to different folders.
    Raises `UsageError` for an unknown source and `InputError` where the folder cannot be
    written.
    """
    unknown = [source for source in sources if source not in (*SOURCES, *HISTORIES)]
    if unknown:
        raise UsageError(
            f"toy world: unknown sources {', '.join(unknown)}",
            expected="sources among " + ", ".join((*SOURCES, *HISTORIES)),
        )
    try:
        _write_sources(world, folder, sources)
    except OSError as error:
        raise InputError(
            f"toy world: {error.strerror or error}",
            expected="a folder that can be written",
            where=str(folder),
        ) from error


def _write_sources(world: World, folder: Path, sources: Sequence[str]) -> None:
    letterhead = Letterhead(world.organizations)
    if "ror" in sources:
        write_ror(world.organizations, folder / "ror")
    if "university-domains" in sources:
        write_university_domains(world.organizations, folder / "university-domains")
    if "paperlists" in sources or "openalex" in sources:
        papers = list(list_papers(world))
        if "paperlists" in sources:
            write_conferences(papers, letterhead, folder / "paperlists")
        if "openalex" in sources:
            write_openalex(papers, letterhead, folder / "openalex" / "works")
    told = [source for source in HISTORIES if source in sources]
    careers = list(list_careers(world)) if told else []
    for source in told:
        _WRITERS[source](careers, world.organizations, folder / source)


_WRITERS: Final = {"orcid": write_orcid, "openreview": write_openreview, "dblp": write_dblp}

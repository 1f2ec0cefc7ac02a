"""What is a chart here, before it is drawn?

A chart is its figures, its words and a way to draw them. Page, table, download and picture are
all made from the same object, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import altair as alt

from talentflow.core.vocabulary import ALL
from talentflow.serve.figures import DEFAULT, Cell, Figure, Figures
from talentflow.serve.texts import get_text, has_text
from talentflow.serve.words import name_area, say_level

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart


class Picturable(Protocol):
    """What can become a picture: a specification with the words around it."""

    @property
    def language(self) -> str:
        """`en` or `ko`."""

    @property
    def heading(self) -> str:
        """The title of a picture that stands alone."""

    @property
    def subtitle(self) -> str:
        """What is drawn."""

    @property
    def source_line(self) -> str:
        """Where it comes from."""

    @property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification, without size in x and without theme."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be shown: of which area (`all`: the world), to whom, under which rules.

    `window` None takes the latest complete five years.
    """

    figures: Figures
    language: str
    area: str = ALL
    definition: str = DEFAULT
    window: str | None = None

    def definition_for(self, indicator: str) -> str:
        """The definition asked for, or `default` where the indicator lacks it."""
        available = self.figures.definitions_with(indicator)
        return self.definition if self.definition in available else DEFAULT

    def window_for(self, indicator: str) -> str | None:
        """The window asked for, or the latest complete one where the indicator lacks it."""
        definition = self.definition_for(indicator)
        if self.window in self.figures.windows(indicator, definition):
            return self.window
        return self.figures.latest_window(indicator, definition)

    def find(self, indicator: str, cell: Cell | None = None) -> list[Figure]:
        """The area's figures under the definition that applies."""
        return self.figures.find(
            indicator, self.area, cell, definition=self.definition_for(indicator)
        )

    def text(self, key: str, **words: object) -> str:
        """A text in the reader's language; `area` and `partner` codes become names."""
        return get_text(key, self.language, area=name_area(self.area, self.language), **words)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart: `rows` are its figures, `draw` its specification, `columns` its table's columns.

    `definition_id` is the definition really used; `notes` what a reader must know to read it.
    """

    id: str
    indicators: tuple[str, ...]
    request: Request
    rows: Sequence[Figure]
    draw: Callable[[], Drawing]
    columns: tuple[str, ...]
    when: str = ""
    notes: tuple[str, ...] = ()

    @property
    def definition_id(self) -> str:
        """The definition of its figures."""
        return self.rows[0].definition_id if self.rows else self.request.definition

    @property
    def title(self) -> str:
        """What the chart is about."""
        return self._text("title")

    @property
    def subtitle(self) -> str:
        """What is drawn, in which unit, and what the band or bar means."""
        level = say_level(self.rows[0].level, self.request.language) if self.rows else ""
        return self._text("subtitle", level=level)

    @property
    def language(self) -> str:
        """The reader's language."""
        return self.request.language

    @property
    def heading(self) -> str:
        """The title with the area it is about."""
        if self.request.area == ALL:
            return self.title
        return f"{name_area(self.request.area, self.language)} · {self.title}"

    @property
    def source_line(self) -> str:
        """Snapshot and definition."""
        snapshot = self.rows[0].snapshot_id if self.rows else ""
        return self.request.text(
            "chart.source_line", snapshot=snapshot, definition=self.definition_id
        )

    @property
    def alt(self) -> str:
        """The chart in words for those who cannot see it."""
        return f"{self.title}. {self.subtitle}"

    @property
    def drawable(self) -> bool:
        """Whether any figure has a value."""
        return any(row.value is not None for row in self.rows)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The Vega-Lite specification, without size in x and without theme."""
        return make_spec(self.draw())

    def _text(self, part: str, **words: object) -> str:
        key = f"chart.{self.id}.{part}"
        return self.request.text(key, when=self.when, **words) if has_text(key) else ""


def make_spec(drawing: Drawing) -> dict[str, Any]:
    """A drawing as a specification that fits the width it is given."""
    spec: dict[str, Any] = drawing.to_dict(validate=False)
    spec.pop("config", None)
    return {**spec, "autosize": {"type": "fit-x", "contains": "padding"}}

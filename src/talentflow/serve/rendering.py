"""How does a template become a page? One environment, escaping on, texts and numbers at hand."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from talentflow.core.areas import LANGUAGES
from talentflow.serve import words
from talentflow.serve.charts.picture import bundle_scripts
from talentflow.serve.texts import get_text


def render(template: str, language: str, *, page_path: str, **context: Any) -> str:
    """The page in `language`; `page_path` is its address after `/en/`, for the language switch."""
    other = next(lang for lang in LANGUAGES if lang != language)
    return _environment().get_template(template).render(
        lang=language,
        other_lang=other,
        page_path=page_path,
        t=partial(_say, language),
        number=partial(_call, words.say_number, language),
        area_name=partial(_call, words.name_area, language),
        period=partial(_call, words.say_period, language),
        say_share=lambda part, whole: words.say_share(part, whole, language),
        assets=asset_paths(),
        **context,
    )  # fmt: skip


def asset_paths() -> dict[str, str]:
    """Name of a static file → its address, which changes whenever its content does."""
    return {name: f"/static/{digest}/{name}" for name, digest in _asset_digests().items()}


def read_asset(name: str) -> bytes | None:
    """The bytes of a static file, or None."""
    return _assets().get(name)


@lru_cache(maxsize=1)
def rendering_digest() -> str:
    """Changes whenever templates, texts or scripts do: part of every page's ETag."""
    digest = hashlib.sha256("".join(sorted(_asset_digests().values())).encode())
    folder = files("talentflow.serve")
    digest.update(folder.joinpath("texts.toml").read_bytes())
    for template in sorted(folder.joinpath("templates").iterdir(), key=lambda f: f.name):
        digest.update(template.read_bytes())
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def _assets() -> dict[str, bytes]:
    folder = files("talentflow.serve").joinpath("static")
    assets = {item.name: item.read_bytes() for item in folder.iterdir()}
    return {**assets, "vega.js": bundle_scripts()}


@lru_cache(maxsize=1)
def _asset_digests() -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest()[:12] for name, data in _assets().items()}


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("talentflow.serve", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code_marks"] = mark_code
    return environment


def mark_code(text: str) -> Markup:
    """Text whose `backticked` words become code elements; everything else is escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _say(language: str, key: str, **placeholders: object) -> str:
    return get_text(key, language, **placeholders)


def _call(function: Any, language: str, value: Any, **options: Any) -> Any:
    return function(value, language, **options)

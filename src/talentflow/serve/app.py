"""How is a store put on the web?

`create_app` gives an ASGI application, `serve` runs it. Everything is read only; no request
reaches anything but the published snapshot and the package's own files.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from talentflow.core.errors import StoreError
from talentflow.serve import api, comparing, pages, quality, replication, sources
from talentflow.serve.headers import HeadersMiddleware
from talentflow.serve.live import LiveStore
from talentflow.serve.problems import NotFoundError, install_handlers
from talentflow.serve.rendering import asset_paths, read_asset

_MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_GZIP_LEVEL: Final = 5


def create_app(store: Path) -> FastAPI:
    """The application over a store; a store without a snapshot answers 503 until it has one."""
    app = FastAPI(
        title="talentflow",
        summary="Figures on the movement of AI researchers, with intervals",
        version=_find_version(),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_warm_up,
        generate_unique_id_function=_name_operation,
    )
    app.state.live = LiveStore(store)
    app.include_router(api.router)
    app.include_router(comparing.router)
    app.add_api_route("/static/{digest}/{name}", _send_asset, include_in_schema=False)
    app.include_router(quality.router)
    app.include_router(replication.router)
    app.include_router(sources.router)
    app.include_router(pages.router)
    install_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=_GZIP_LEVEL)
    app.add_middleware(HeadersMiddleware, live=app.state.live)
    return app


def serve(store: Path, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve the store until interrupted."""
    import uvicorn

    uvicorn.run(create_app(store), host=host, port=port, log_level="warning")


@asynccontextmanager
async def _warm_up(app: FastAPI) -> AsyncIterator[None]:
    """Read the snapshot and bundle the scripts beside the first requests, not inside one."""
    threading.Thread(target=_read_ahead, args=(app.state.live,), daemon=True).start()
    yield


def _read_ahead(live: LiveStore) -> None:
    asset_paths()
    try:
        live.current()
    except StoreError:
        return  # nothing is published yet; each request will say so


def _send_asset(digest: str, name: str) -> Response:
    """A static file. Its address holds its digest, so it may be kept for ever."""
    data = read_asset(name)
    if data is None or asset_paths()[name] != f"/static/{digest}/{name}":
        raise NotFoundError(f"no static file {name!r}")
    media_type = _MEDIA_TYPES[Path(name).suffix]
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, media_type=media_type, headers=headers)


def _name_operation(route: APIRoute) -> str:
    return route.name


def _find_version() -> str:
    try:
        return version("talentflow")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0"

"""What does a visitor get when something is wrong?

Programs get a problem document (RFC 9457), readers a page in their language; both say what was
found, what was expected and the next step.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from talentflow.core.areas import LANGUAGES
from talentflow.core.errors import StoreError, TalentflowError, UsageError
from talentflow.serve.rendering import render
from talentflow.serve.texts import choose_language

log = logging.getLogger(__name__)


class NotFoundError(UsageError):
    """What the address itself names does not exist."""


def require_report(report: dict[str, Any] | None, about: str, made_by: str) -> dict[str, Any]:
    """The report of a snapshot, or `NotFoundError` where an older build wrote none."""
    if report is None:
        raise NotFoundError(
            f"this snapshot has no report on {about}",
            expected=f"a snapshot of a build that {made_by}",
            next_step="run `talentflow build` again",
        )
    return report


def install_handlers(app: FastAPI) -> None:
    """Answer every error of the package and of the framework in the same form."""
    app.add_exception_handler(TalentflowError, _answer_own)
    app.add_exception_handler(HTTPException, _answer_framework)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(Exception, _answer_failure)


async def _answer_own(request: Request, error: Exception) -> Response:
    assert isinstance(error, TalentflowError)
    if isinstance(error, NotFoundError):
        status = HTTPStatus.NOT_FOUND
    elif isinstance(error, UsageError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, StoreError):
        status = HTTPStatus.SERVICE_UNAVAILABLE
        log.warning("store not readable: %s", error)
    else:
        return await _answer_failure(request, error)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:  # the paths of the machine are nobody's business
        return _answer(request, status, {"found": "nothing has been published, or not readably"})
    parts = {"found": error.found, "expected": error.expected, "next_step": error.next_step}
    return _answer(request, status, {k: v for k, v in parts.items() if v})


async def _answer_framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    found = f"{request.method} {request.url.path}"
    answer = _answer(request, HTTPStatus(error.status_code), {"found": found})
    answer.headers.update(error.headers or {})
    return answer


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = "; ".join(f"{item['loc'][-1]}: {item['msg']}" for item in error.errors())
    parts = {"found": found, "next_step": "/en/api lists the parameters"}
    if any(item["loc"][0] == "path" for item in error.errors()):
        return _answer(request, HTTPStatus.NOT_FOUND, {"found": f"GET {request.url.path}"})
    return _answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, parts)


async def _answer_failure(request: Request, error: Exception) -> Response:
    log.error("request failed: %s", request.url.path, exc_info=error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, {})


def _answer(request: Request, status: HTTPStatus, parts: dict[str, str]) -> Response:
    path = request.url.path
    if path.startswith(("/api/", "/openapi")):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            **({"detail": parts["found"]} if "found" in parts else {}),
            **parts,
        }
        return JSONResponse(problem, status.value, media_type="application/problem+json")
    first = path.strip("/").split("/")[0]
    accepted = choose_language(request.headers.get("accept-language"))
    language = first if first in LANGUAGES else accepted
    key = {404: "not_found", 422: "usage", 503: "unavailable"}.get(status.value, "failure")
    page = render(
        "error.html",
        language,
        page_path="",
        snapshot_id=None,
        message=f"error.{key}",
        parts=parts,
    )
    return HTMLResponse(page, status.value)

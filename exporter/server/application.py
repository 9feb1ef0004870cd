"""The paths of one server, and who answers them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from exporter.server.messages import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exporter.server.messages import Answer, Page, Request


class Application:
    """Finds the page of a request: by its path, then by its method. GET answers HEAD too."""

    def __init__(self, pages: Mapping[str, Mapping[str, Page]]) -> None:
        self._pages = pages

    def __call__(self, request: Request) -> Answer:
        """Answer a request. Raises Refusal."""
        methods = self._pages.get(request.path)
        if methods is None:
            known = ", ".join(sorted(self._pages))
            return say(HTTPStatus.NOT_FOUND, f"There is nothing here. There is: {known}")
        page = methods.get("GET" if request.method == "HEAD" else request.method)
        if page is None:
            allowed = [
                *(["GET", "HEAD"] if "GET" in methods else []),
                *sorted({*methods} - {"GET"}),
            ]
            sentence = f"This takes {' and '.join(allowed)} only."
            return say(HTTPStatus.METHOD_NOT_ALLOWED, sentence, ("Allow", ", ".join(allowed)))
        return page(request)

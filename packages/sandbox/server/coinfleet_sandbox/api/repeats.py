"""A call that a client sends again because it never got the answer changes nothing a second time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

from .context import log

KEPT = 1024


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Repeats:
    """The last answers of calls that changed something, by the id that AWS's SDKs give a call and keep in its retries.

    A connection may break between the change and the answer, most of all on a busy machine. The SDK then sends the same call again, and would be told
    that the name is taken. An answer that was an error is not kept: a retry of that is meant to be tried. Not thread-safe: use with the API's lock held.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def find(self, environ: dict[str, Any]) -> Answer | None:
        answer = self._answers.get(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""))
        if answer is not None:
            log.warning("a call was sent again after its answer: %s", environ.get("HTTP_AMZ_SDK_REQUEST", ""))
        return answer

    def keep(self, environ: dict[str, Any], answer: Answer) -> None:
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if not invocation or not answer.status.startswith("2"):
            return
        self._answers[invocation] = answer
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)

"""Rule expressions of composite alarms: AND, OR, NOT, ALARM(), OK(), INSUFFICIENT_DATA(), TRUE, FALSE."""

from __future__ import annotations

import re
from collections.abc import Callable

TOKEN = re.compile(r'\s*(?:(?P<punct>[()])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^\s()"]+))')
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")


class RuleError(Exception):
    """A rule that CloudWatch would refuse."""


def alarm_name(reference: str) -> str:
    """Name of an alarm from its name or ARN."""
    return reference.split(":alarm:", 1)[1] if reference.startswith("arn:") and ":alarm:" in reference else reference


class Rule:
    """A parsed rule. `children` are the names of the alarms that it looks at."""

    def __init__(self, text: str) -> None:
        self.children: list[str] = []
        self._tokens = self._split(text)
        self._position = 0
        self._test = self._or()
        if self._position != len(self._tokens):
            raise RuleError(f"unexpected {self._tokens[self._position][1]!r} in the alarm rule")

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, position = [], 0
        text = text.rstrip()
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise RuleError(f"unexpected character at {position} in the alarm rule")
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind)))
            position = match.end()
        return tokens

    def is_true(self, state_of: Callable[[str], str]) -> bool:
        """Whether the rule holds, given each child's state."""
        return self._test(state_of)

    def _peek(self) -> str:
        return self._tokens[self._position][1] if self._position < len(self._tokens) else ""

    def _take(self, expected: str | None = None) -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise RuleError(f"expected {expected or 'an alarm'}, got {token or 'the end'} in the alarm rule")
        self._position += 1
        return token

    def _or(self) -> Callable[[Callable[[str], str]], bool]:
        parts = [self._and()]
        while self._peek() == "OR":
            self._take()
            parts.append(self._and())
        return lambda state_of: any(part(state_of) for part in parts)

    def _and(self) -> Callable[[Callable[[str], str]], bool]:
        parts = [self._not()]
        while self._peek() == "AND":
            self._take()
            parts.append(self._not())
        return lambda state_of: all(part(state_of) for part in parts)

    def _not(self) -> Callable[[Callable[[str], str]], bool]:
        if self._peek() == "NOT":
            self._take()
            inner = self._not()
            return lambda state_of: not inner(state_of)
        return self._atom()

    def _atom(self) -> Callable[[Callable[[str], str]], bool]:
        token = self._take()
        if token == "(":
            inner = self._or()
            self._take(")")
            return inner
        if token in ("TRUE", "FALSE"):
            return lambda _: token == "TRUE"
        if token in STATES:
            self._take("(")
            name = alarm_name(self._take())
            self._take(")")
            self.children.append(name)
            return lambda state_of: state_of(name) == token
        raise RuleError(f"unexpected {token!r} in the alarm rule")

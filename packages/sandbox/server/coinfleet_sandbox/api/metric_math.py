"""CloudWatch metric math: arithmetic, comparison and the common functions, on series and numbers."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Callable
from dataclasses import dataclass

Series = dict[int, float]
Value = float | Series | list[Series] | str
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<op>==|!=|<=|>=|&&|\|\||[-+*/^()<>,\[\]]))"
)


class MathError(Exception):
    """An expression that CloudWatch would refuse, or that this emulator does not know."""


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise MathError(f"unexpected character at {position} in {text!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


def _combine(left: Value, right: Value, operation: Callable[[float, float], float | None]) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        raise MathError("text where a number or a metric is expected")
    if isinstance(left, list):
        return [_as_series(_combine(item, right, operation)) for item in left]
    if isinstance(right, list):
        return [_as_series(_combine(left, item, operation)) for item in right]
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = {time: operation(left[time], right[time]) for time in left.keys() & right.keys()}
    elif isinstance(left, dict):
        pairs = {time: operation(value, float(right)) for time, value in left.items()}  # type: ignore[arg-type]
    elif isinstance(right, dict):
        pairs = {time: operation(float(left), value) for time, value in right.items()}
    else:
        result = operation(float(left), float(right))
        return float("nan") if result is None else result
    return {time: value for time, value in pairs.items() if value is not None}


def _as_series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise MathError("a metric is expected")
    return value


def _as_list(value: Value) -> list[Series]:
    if isinstance(value, list):
        return value
    return [_as_series(value)]


OPERATORS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else None,
    "^": lambda a, b: a**b,
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
}
LEVELS = (("OR", "||"), ("AND", "&&"), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"), ("^",))


@dataclass
class Expression:
    """Evaluates one expression over the series that its ids name, on the given period starts."""

    series: dict[str, Series]
    times: list[int]
    period: int

    def evaluate(self, text: str) -> Value:
        """The value of an expression. Raises MathError."""
        self._rest = _tokens(text)
        value = self._level(0)
        if self._rest:
            raise MathError(f"unexpected {self._rest[0]!r} in {text!r}")
        return value

    def _next(self) -> str:
        return self._rest[0] if self._rest else ""

    def _take(self, expected: str | None = None) -> str:
        if not self._rest or (expected and self._rest[0] != expected):
            raise MathError(f"expected {expected or 'a value'}, got {self._next() or 'the end'}")
        return self._rest.pop(0)

    def _level(self, level: int) -> Value:
        if level == len(LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while self._next().upper() in LEVELS[level]:
            operator = self._take().upper()
            name = {"||": "OR", "&&": "AND"}.get(operator, operator)
            value = _combine(value, self._level(level + 1), OPERATORS[name])
        return value

    def _unary(self) -> Value:
        if self._next() == "-":
            self._take()
            return _combine(0.0, self._unary(), OPERATORS["-"])
        if self._next().upper() == "NOT":
            self._take()
            return _combine(self._unary(), 0.0, OPERATORS["=="])
        return self._atom()

    def _atom(self) -> Value:
        token = self._take()
        if token == "(":
            value = self._level(0)
            self._take(")")
            return value
        if token == "[":
            return self._list_until("]")
        if token[0] in "\"'":
            return token[1:-1]
        if token[0].isdigit():
            return float(token)
        if self._next() == "(":
            self._take("(")
            return self._call(token.upper(), self._arguments())
        if token.upper() in ("REPEAT", "LINEAR"):
            return token.upper()
        if token not in self.series:
            raise MathError(f"unknown id {token!r}")
        return self.series[token]

    def _list_until(self, end: str) -> list[Series]:
        found: list[Series] = []
        while self._next() != end:
            found.extend(_as_list(self._level(0)))
            if self._next() == ",":
                self._take()
        self._take(end)
        return found

    def _arguments(self) -> list[Value]:
        arguments: list[Value] = []
        while self._next() != ")":
            arguments.append(self._level(0))
            if self._next() == ",":
                self._take()
        self._take(")")
        return arguments

    def _call(self, name: str, arguments: list[Value]) -> Value:
        if name == "METRICS":
            part = str(arguments[0]) if arguments else ""
            return [series for key, series in self.series.items() if part in key and not key.startswith("\0")]
        if name == "PERIOD":
            return float(self.period)
        if name == "TIME_SERIES":
            return dict.fromkeys(self.times, float(arguments[0]))  # type: ignore[arg-type]
        if name == "IF":
            return self._if(arguments)
        if name == "FILL":
            return self._fill(arguments[0], arguments[1])
        if name in AGGREGATES:
            return self._aggregate(name, arguments)
        if name in PER_SERIES:
            value = arguments[0]
            if isinstance(value, float):
                return PER_SERIES[name]({0: value}, self.period)[0]
            results = [PER_SERIES[name](series, self.period) for series in _as_list(value)]
            return results if isinstance(value, list) else results[0]
        raise NotImplementedError(f"metric math function {name}")

    def _aggregate(self, name: str, arguments: list[Value]) -> Value:
        """Over one series: a number. Over several: a series."""
        if len(arguments) == 1 and isinstance(arguments[0], dict):
            values = list(arguments[0].values())
            return AGGREGATES[name](values) if values else float("nan")
        many = [series for argument in arguments for series in _as_list(argument)]
        times = sorted({time for series in many for time in series})
        return {time: AGGREGATES[name]([series[time] for series in many if time in series]) for time in times}

    def _if(self, arguments: list[Value]) -> Value:
        condition, then = arguments[0], arguments[1]
        otherwise = arguments[2] if len(arguments) > 2 else None

        def pick(source: Value | None, time: int) -> float | None:
            if source is None:
                return None
            return source.get(time) if isinstance(source, dict) else float(source)  # type: ignore[arg-type]

        if isinstance(condition, float):
            chosen = then if condition else otherwise
            return {} if chosen is None else chosen
        picked = {time: pick(then if flag else otherwise, time) for time, flag in _as_series(condition).items()}
        return {time: value for time, value in picked.items() if value is not None}

    def _fill(self, value: Value, filler: Value) -> Value:
        if isinstance(value, list):
            return [_as_series(self._fill(series, filler)) for series in value]
        series = _as_series(value)
        filled: Series = {}
        last: float | None = None
        for time in self.times:
            if time in series:
                last = filled[time] = series[time]
            elif isinstance(filler, (float, dict)):
                extra = filler if isinstance(filler, float) else filler.get(time)
                if extra is not None:
                    filled[time] = extra
            elif filler == "REPEAT" and last is not None:
                filled[time] = last
            elif filler == "LINEAR":
                between = _interpolate(series, time)
                if between is not None:
                    filled[time] = between
        return filled


def _interpolate(series: Series, time: int) -> float | None:
    before, after = [t for t in series if t < time], [t for t in series if t > time]
    if not before or not after:
        return None
    low, high = max(before), min(after)
    return series[low] + (series[high] - series[low]) * (time - low) / (high - low)


def _differences(series: Series, period: int) -> Series:
    times = sorted(series)
    return {now: series[now] - series[earlier] for earlier, now in itertools.pairwise(times)}


def _rates(series: Series, period: int) -> Series:
    times = sorted(series)
    return {now: (series[now] - series[earlier]) / (now - earlier) for earlier, now in itertools.pairwise(times)}


def _running_sum(series: Series, period: int) -> Series:
    total, found = 0.0, {}
    for time in sorted(series):
        total += series[time]
        found[time] = total
    return found


AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "SUM": lambda values: float(sum(values)),
    "AVG": lambda values: float(statistics.fmean(values)),
    "MIN": lambda values: float(min(values)),
    "MAX": lambda values: float(max(values)),
    "STDDEV": lambda values: float(statistics.pstdev(values)),
    "METRIC_COUNT": lambda values: float(len(values)),
}
PER_SERIES: dict[str, Callable[[Series, int], Series]] = {
    "ABS": lambda series, _: {t: abs(v) for t, v in series.items()},
    "CEIL": lambda series, _: {t: float(-(-v // 1)) for t, v in series.items()},
    "FLOOR": lambda series, _: {t: float(v // 1) for t, v in series.items()},
    "DIFF": _differences,
    "RATE": _rates,
    "RUNNING_SUM": _running_sum,
}

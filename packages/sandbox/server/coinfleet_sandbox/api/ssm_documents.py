"""Command documents: from a document and its parameters to the shell scripts that run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import aws_error

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
DEFAULT_TIMEOUT_SEC = 3600
SHELL_ACTION = "aws:runShellScript"
RUN_SHELL_SCRIPT: dict[str, Any] = {
    "schemaVersion": "2.2",
    "description": "Run a shell script or specify the commands to run.",
    "parameters": {
        "commands": {"type": "StringList"},
        "workingDirectory": {"type": "String", "default": ""},
        "executionTimeout": {"type": "String", "default": "3600", "allowedPattern": "[1-9][0-9]{0,5}"},
    },
    "mainSteps": [
        {
            "action": SHELL_ACTION,
            "name": SHELL_ACTION,
            "inputs": {
                "runCommand": "{{ commands }}",
                "workingDirectory": "{{ workingDirectory }}",
                "timeoutSeconds": "{{ executionTimeout }}",
            },
        }
    ],
}
BUILT_IN = {"AWS-RunShellScript": RUN_SHELL_SCRIPT}


@dataclass(frozen=True)
class Step:
    """One script of a document, ready to run."""

    name: str
    action: str
    script: str
    timeout_sec: int
    exits_on_failure: bool


def parse_content(content: Any) -> dict[str, Any]:
    """The document as data; moto keeps JSON, YAML or data."""
    if isinstance(content, dict):
        return content
    try:
        found = json.loads(content)
    except ValueError:
        found = yaml.safe_load(content)
    if not isinstance(found, dict):
        raise aws_error("InvalidDocument", "The document is not an object.")
    return found


def bind(document: Mapping[str, Any], given: Mapping[str, Sequence[str]]) -> dict[str, str | list[str]]:
    """Values of all parameters, checked against what the document declares."""
    declared: Mapping[str, Any] = document.get("parameters") or {}
    unknown = set(given) - set(declared)
    if unknown:
        raise aws_error("InvalidParameters", f"Parameters that the document does not have: {', '.join(sorted(unknown))}")
    bound: dict[str, str | list[str]] = {}
    for name, declaration in declared.items():
        is_list = declaration.get("type") == "StringList"
        value: Any = list(given[name]) if name in given else declaration.get("default")
        if value is None:
            raise aws_error("InvalidParameters", f"Parameter {name} is required by the document and has no default.")
        values = value if isinstance(value, list) else [value]
        _check(name, declaration, values)
        bound[name] = [str(item) for item in values] if is_list else _single(values)
    return bound


def _single(values: Sequence[Any]) -> str:
    value = values[0] if values else ""
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)


def _check(name: str, declaration: Mapping[str, Any], values: Sequence[Any]) -> None:
    allowed, pattern = declaration.get("allowedValues"), declaration.get("allowedPattern")
    for value in values:
        if allowed and value not in allowed:
            raise aws_error("InvalidParameters", f"Parameter {name} must be one of {', '.join(map(str, allowed))}.")
        if pattern and value != "" and not re.fullmatch(pattern, str(value)):
            raise aws_error("InvalidParameters", f"Parameter {name} does not match the allowed pattern {pattern}.")


def text_of(template: Any, bound: Mapping[str, str | list[str]]) -> str:
    """A text with its placeholders filled in."""

    def value(match: re.Match[str]) -> str:
        found = bound.get(match.group(1))
        if found is None:
            return match.group(0)
        return found if isinstance(found, str) else "\n".join(found)

    return PLACEHOLDER.sub(value, str(template))


def _lines(template: Any, bound: Mapping[str, str | list[str]]) -> list[str]:
    lines: list[str] = []
    for item in template if isinstance(template, list) else [template]:
        lines.extend(text_of(item, bound).split("\n"))
    return lines


def render_steps(content: Any, given: Mapping[str, Sequence[str]]) -> list[Step]:
    """The scripts of a document with its parameters filled in. Raises AWS's errors."""
    document = parse_content(content)
    if str(document.get("schemaVersion")) not in ("2.0", "2.2"):
        raise aws_error("InvalidDocumentSchemaVersion", "The sandbox runs Command documents of schema 2.0 and 2.2.")
    bound = bind(document, given)
    steps = []
    for index, step in enumerate(document.get("mainSteps") or []):
        if step.get("action") != SHELL_ACTION:
            raise NotImplementedError(f"document action {step.get('action')}")
        inputs = step.get("inputs") or {}
        directory = text_of(inputs.get("workingDirectory", ""), bound)
        lines = _lines(inputs.get("runCommand", []), bound)
        if directory:
            lines.insert(0, f"cd '{directory}' || exit 1")
        timeout = text_of(inputs.get("timeoutSeconds", DEFAULT_TIMEOUT_SEC), bound)
        exits = str(inputs.get("onFailure") or step.get("onFailure") or "").lower() == "exit"
        script = "\n".join(lines) + "\n"
        steps.append(Step(step.get("name") or f"step{index}", SHELL_ACTION, script, int(timeout or DEFAULT_TIMEOUT_SEC), exits))
    if not steps:
        raise aws_error("InvalidDocument", "The document has no steps.")
    return steps

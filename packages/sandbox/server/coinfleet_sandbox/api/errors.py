"""AWS error answers."""

from __future__ import annotations

import json
from contextvars import ContextVar

from moto.core.exceptions import ServiceException

SIGNING_TO_PACKAGE = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2", "lambda": "awslambda"}
current_service: ContextVar[str] = ContextVar("current_service", default="ec2")
"""Signing name of the service whose request is being answered."""


def aws_error(code: str, message: str) -> ServiceException:
    """An error answer of the service that is being asked, with AWS's own code.

    moto finds out how to write it from the module that an error comes from, so the error has to seem to come from the service's.
    """
    error = ServiceException(code, message)
    service = current_service.get()
    error.__module__ = f"moto.{SIGNING_TO_PACKAGE.get(service, service)}.exceptions"
    return error


def error_document(content_type: str, code: str, message: str, *, is_ec2: bool = False) -> tuple[str, bytes]:
    """Content type and body of an error in the language of the request, for what never reached a service."""
    if "json" in content_type or "cbor" in content_type:
        return "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}).encode()
    text = message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message></Error>"
    request_id = "<RequestId>00000000-0000-0000-0000-000000000000</RequestId>"
    if is_ec2:
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{text}</Message></Error></Errors>{request_id}</Response>"
    else:
        body = f"<ErrorResponse>{error}{request_id}</ErrorResponse>"
    return "text/xml", ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode()

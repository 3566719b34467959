"""AWS error answers."""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError, ServiceException


def aws_error(code: str, message: str) -> ServiceException:
    """An error of a service whose answers moto serializes from AWS's own models (EC2, CloudWatch, SNS, IAM, SSM, …)."""
    return ServiceException(code, message)


def json_error(code: str, message: str) -> JsonRESTError:
    """An error of a service that speaks JSON and writes its answers itself."""
    return JsonRESTError(code, message)


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

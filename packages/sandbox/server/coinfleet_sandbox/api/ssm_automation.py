"""SSM Automation that runs: documents whose steps are Python scripts, with the credentials of the document's role."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.sts.models import sts_backends

from .context import Context, log
from .errors import aws_error
from .overrides import add
from .roles import role_by_arn, trusts
from .ssm_documents import bind, parse_content, text_of

SCRIPT_ACTION = "aws:executeScript"
RUNTIMES = ("python3.8", "python3.9", "python3.10", "python3.11")
LIMIT_SEC = 600
"""AWS ends a script after so long, whatever its step says."""
KEPT_EXECUTIONS = 200
OUTPUT_LIMIT = 100_000
BY_STEP = """
import contextlib, io, json, sys
request = json.load(sys.stdin)
said, scope = io.StringIO(), {"__name__": "script"}
with contextlib.redirect_stdout(said):
    exec(compile(request["script"], "script", "exec"), scope)
    result = scope[request["handler"]](request["payload"], {})
json.dump({"result": result, "said": said.getvalue()}, sys.stdout)
"""

Execution = dict[str, Any]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Automations:
    """Starts executions and follows them. Their records are in the store."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def start(self, name: str, version: str | None, given: Mapping[str, Sequence[str]], by: str) -> str:
        """Begin an execution in the background; returns its id. Raises AWS's errors."""
        document, number = self._document(name, version)
        bound = bind(document, given)
        steps = [_checked(step) for step in document.get("mainSteps") or []]
        if not steps:
            raise aws_error("InvalidDocument", "The document has no steps.")
        credentials = self._credentials(text_of(document.get("assumeRole") or "", bound))
        execution: Execution = {
            "AutomationExecutionId": str(uuid.uuid4()),
            "DocumentName": name,
            "DocumentVersion": number,
            "ExecutionStartTime": _now(),
            "AutomationExecutionStatus": "InProgress",
            "ExecutedBy": by,
            "Mode": "Auto",
            "Parameters": {key: list(values) for key, values in given.items()},
            "Outputs": {},
            "StepExecutions": [
                {"StepName": step["name"], "Action": step["action"], "StepExecutionId": str(uuid.uuid4()), "StepStatus": "Pending"}
                for step in steps
            ],
        }
        kept = self.context.store.automations
        kept[execution["AutomationExecutionId"]] = execution
        for old in list(kept)[:-KEPT_EXECUTIONS]:
            del kept[old]
        threading.Thread(target=self._run, args=(execution, steps, bound, credentials), name=f"automation-{name}", daemon=True).start()
        return str(execution["AutomationExecutionId"])

    def _document(self, name: str, version: str | None) -> tuple[dict[str, Any], str]:
        backend = ssm_backends[self.context.options.account_id][self.context.options.region]
        documents = backend._documents.get(name)
        if documents is None and name.startswith("AWS-"):
            raise NotImplementedError(f"Automation document {name}, which is AWS's own")
        if documents is None:
            raise aws_error("AutomationDefinitionNotFoundException", f"Automation definition {name} not found.")
        document = documents.find(None if version in (None, "$DEFAULT") else version)
        content = parse_content(document.content_json)
        if document.document_type != "Automation" or str(content.get("schemaVersion")) != "0.3":
            raise aws_error("AutomationDefinitionNotFoundException", f"{name} is no Automation document of schema 0.3.")
        return content, str(document.document_version)

    def _credentials(self, role_arn: str) -> dict[str, str]:
        """Of the document's role, if it trusts Systems Manager."""
        if not role_arn:
            raise NotImplementedError("an Automation document without assumeRole, which acts as whoever starts it")
        options = self.context.options
        role = role_by_arn(self.context, role_arn)
        if role is None or not trusts(role, "ssm.amazonaws.com"):
            raise aws_error("InvalidAutomationExecutionParametersException", "The defined assume role is unable to be assumed.")
        assumed = sts_backends[options.account_id]["aws"].assume_role(
            region_name=options.region, role_session_name="automation", role_arn=role_arn, policy=None, duration=3600, external_id=None
        )
        return {
            "AWS_ACCESS_KEY_ID": assumed.access_key_id,
            "AWS_SECRET_ACCESS_KEY": assumed.secret_access_key,
            "AWS_SESSION_TOKEN": assumed.session_token,
        }

    def _run(self, execution: Execution, steps: list[dict[str, Any]], bound: Any, credentials: dict[str, str]) -> None:
        status = "Success"
        for record, step in zip(execution["StepExecutions"], steps, strict=True):
            if status != "Success":
                break
            record.update(StepStatus="InProgress", ExecutionStartTime=_now())
            try:
                record["Outputs"] = self._script(step["inputs"], bound, credentials)
                record.update(StepStatus="Success", ExecutionEndTime=_now())
            except Exception as error:
                status = "TimedOut" if isinstance(error, subprocess.TimeoutExpired) else "Failed"
                record.update(StepStatus=status, ExecutionEndTime=_now(), FailureMessage=str(error)[:OUTPUT_LIMIT])
                log.warning("automation %s: step %s: %s", execution["DocumentName"], step["name"], error)
        with self.context.lock:
            execution.update(AutomationExecutionStatus=status, ExecutionEndTime=_now())

    def _script(self, inputs: dict[str, Any], bound: Any, credentials: dict[str, str]) -> dict[str, list[str]]:
        options = self.context.options
        if options.endpoint is None:
            raise RuntimeError("this API does not know its own address")
        payload = {key: text_of(value, bound) if isinstance(value, str) else value for key, value in (inputs.get("InputPayload") or {}).items()}
        request = {"script": inputs["Script"], "handler": inputs["Handler"], "payload": payload}
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "AWS_ENDPOINT_URL": options.endpoint,
            "AWS_REGION": options.region,
            "AWS_DEFAULT_REGION": options.region,
            **credentials,
        }
        ended = subprocess.run(
            [sys.executable, "-c", BY_STEP],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=min(LIMIT_SEC, int(inputs.get("TimeoutSeconds") or LIMIT_SEC)),
            env=environment,
            cwd="/",
            check=False,
        )
        if ended.returncode != 0:
            raise RuntimeError(ended.stderr[-OUTPUT_LIMIT:])
        answer = json.loads(ended.stdout)
        return {"Payload": [json.dumps(answer["result"])], "ExecutionLog": [answer["said"][:OUTPUT_LIMIT]]}


def _checked(step: dict[str, Any]) -> dict[str, Any]:
    if step.get("action") != SCRIPT_ACTION:
        raise NotImplementedError(f"Automation action {step.get('action')}")
    runtime = (step.get("inputs") or {}).get("Runtime")
    if runtime not in RUNTIMES:
        raise NotImplementedError(f"{SCRIPT_ACTION} with the runtime {runtime}")
    return step


def _shown(execution: Execution, *without: str) -> Execution:
    return {key: value for key, value in execution.items() if key not in without}


def install(context: Context) -> Automations:
    """Put real runs behind the Automation API."""
    automations = Automations(context)

    def start_automation_execution(self: Any) -> ActionResult:
        params = json.loads(self.body)
        for name in ("Targets", "TargetParameterName", "TargetLocations", "AlarmConfiguration"):
            if params.get(name):
                raise NotImplementedError(f"StartAutomationExecution with {name}")
        by = f"arn:aws:iam::{context.options.account_id}:root"
        found = automations.start(params["DocumentName"], params.get("DocumentVersion"), params.get("Parameters") or {}, by)
        return ActionResult({"AutomationExecutionId": found})

    def get_automation_execution(self: Any) -> ActionResult:
        wanted = self._get_param("AutomationExecutionId")
        execution = context.store.automations.get(wanted)
        if execution is None:
            raise aws_error("AutomationExecutionNotFoundException", f"Automation execution {wanted} not found.")
        return ActionResult({"AutomationExecution": _shown(execution)})

    def describe_automation_executions(self: Any) -> ActionResult:
        filters = {one["Key"]: one["Values"] for one in self._get_param("Filters") or []}
        keys = {"DocumentNamePrefix": "DocumentName", "ExecutionStatus": "AutomationExecutionStatus", "ExecutionId": "AutomationExecutionId"}
        for key in filters:
            if key not in keys:
                raise aws_error("InvalidFilterKey", f"The sandbox knows the filters {', '.join(keys)}, not {key}.")
        found = [
            _shown(execution, "StepExecutions", "Parameters")
            for execution in reversed(context.store.automations.values())
            if all(any(str(execution[keys[key]]).startswith(value) for value in values) for key, values in filters.items())
        ]
        return ActionResult({"AutomationExecutionMetadataList": found[: int(self._get_param("MaxResults") or 50)]})

    add(SimpleSystemManagerResponse, "start_automation_execution", start_automation_execution)
    add(SimpleSystemManagerResponse, "get_automation_execution", get_automation_execution)
    add(SimpleSystemManagerResponse, "describe_automation_executions", describe_automation_executions)
    return automations


def interrupt_all(context: Context) -> None:
    """What ran when the state was saved has ended with the process."""
    for execution in context.store.automations.values():
        if execution["AutomationExecutionStatus"] == "InProgress":
            execution.update(AutomationExecutionStatus="Failed", ExecutionEndTime=_now())

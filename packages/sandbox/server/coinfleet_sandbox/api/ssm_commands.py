"""SSM Run Command that runs: on the hosts, with their own status, code and output."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from .context import Context
from .ec2_support import all_instances, ec2_backend, find_instance, marked, state_of
from .errors import aws_error
from .overrides import add, replace
from .roles import instance_profile_of
from .ssm_documents import BUILT_IN, Step, render_steps
from .ssm_runner import ERROR_LIMIT, FINAL, OUTPUT_LIMIT, Command, CommandRunner, Invocation, now

LISTED_LIMIT = 2500
KEPT_COMMANDS = 500
DEFAULT_DELIVERY_SEC = 3600
UNSUPPORTED = ("NotificationConfig", "OutputS3BucketName", "CloudWatchOutputConfig", "AlarmConfiguration")


def is_managed(context: Context, instance: Any) -> bool:
    """Whether the instance's agent has registered: it has a role, and has answered at least once."""
    return instance_profile_of(context, instance) is not None and marked(instance, "last_ping") is not None


def _content_of(context: Context, name: str, version: str | None) -> Any:
    if name in BUILT_IN:
        return BUILT_IN[name]
    backend = ssm_backends[context.options.account_id][context.options.region]
    short = name.rsplit("/", 1)[-1] if name.startswith("arn:") else name
    documents = backend._documents.get(short)
    if documents is None:
        raise aws_error("InvalidDocument", f"The document {name} does not exist.")
    document = documents.find(None if version in (None, "$DEFAULT") else version)
    if document.document_type != "Command":
        raise aws_error("InvalidDocument", f"The document {name} is of type {document.document_type}, not Command.")
    return document.content_json


def _targets(context: Context, params: dict[str, Any]) -> list[str]:
    ids = list(dict.fromkeys(params.get("InstanceIds") or []))
    invalid = []
    for instance_id in ids:
        instance = find_instance(context, instance_id)
        if instance is None or state_of(instance) != "running" or not is_managed(context, instance):
            invalid.append(instance_id)
    if invalid:
        message = f"Instances [[{', '.join(invalid)}]] not in a valid state for account {context.options.account_id}"
        raise aws_error("InvalidInstanceId", message)
    if params.get("Targets"):
        ids = _by_targets(context, params["Targets"])
    return ids


def _by_targets(context: Context, targets: list[dict[str, Any]]) -> list[str]:
    candidates = [i for i in all_instances(context) if state_of(i) == "running" and is_managed(context, i)]
    for target in targets:
        key, values = target["Key"], target.get("Values") or []
        if key.lower() == "instanceids":
            candidates = [i for i in candidates if i.id in values or "*" in values]
        elif key.startswith("tag:"):
            tags = {i.id: {t["key"]: t["value"] for t in ec2_backend(context).describe_tags({"resource-id": [i.id]})} for i in candidates}
            candidates = [i for i in candidates if tags[i.id].get(key[4:]) in values]
        elif key == "tag-key":
            candidates = [i for i in candidates if {t["key"] for t in i.get_tags()} & set(values)]
        else:
            raise aws_error("InvalidTarget", f"The sandbox knows the target keys InstanceIds, tag:<key> and tag-key, not {key}.")
    return [instance.id for instance in candidates]


def _new_command(params: dict[str, Any], ids: list[str], steps: list[Step]) -> Command:
    delivery = int(params.get("TimeoutSeconds") or DEFAULT_DELIVERY_SEC)
    command_id = str(uuid.uuid4())
    command: Command = {
        "CommandId": command_id,
        "DocumentName": params["DocumentName"],
        "DocumentVersion": params.get("DocumentVersion") or "$DEFAULT",
        "Comment": params.get("Comment") or "",
        "ExpiresAfter": now() + dt.timedelta(seconds=delivery),
        "Parameters": params.get("Parameters") or {},
        "InstanceIds": ids,
        "Targets": params.get("Targets") or [],
        "RequestedDateTime": now(),
        "Status": "Pending",
        "StatusDetails": "Pending",
        "MaxConcurrency": params.get("MaxConcurrency") or "50",
        "MaxErrors": params.get("MaxErrors") or "0",
        "TargetCount": len(ids),
        "CompletedCount": 0,
        "ErrorCount": 0,
        "DeliveryTimedOutCount": 0,
        "TimeoutSeconds": delivery,
        "_deliver_until": time.time() + delivery,
    }
    plugins = [{"Name": step.name, "_action": step.action, "Status": "Pending", "StatusDetails": "Pending"} for step in steps]
    command["_invocations"] = {
        instance_id: {
            "CommandId": command_id,
            "InstanceId": instance_id,
            "InstanceName": "",
            "Comment": command["Comment"],
            "DocumentName": command["DocumentName"],
            "DocumentVersion": command["DocumentVersion"],
            "RequestedDateTime": command["RequestedDateTime"],
            "Status": "Pending",
            "StatusDetails": "Pending",
            "_plugins": [dict(plugin) for plugin in plugins],
        }
        for instance_id in ids
    }
    return command


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if not key.startswith("_")}


def _send_command(context: Context, runner: CommandRunner) -> Any:
    def send_command(self: Any) -> ActionResult:
        params = json.loads(self.body)
        for name in UNSUPPORTED:
            if params.get(name):
                raise NotImplementedError(f"SendCommand with {name}")
        if not params.get("InstanceIds") and not params.get("Targets"):
            raise aws_error("InvalidParameters", "Either InstanceIds or Targets must be given.")
        content = _content_of(context, params["DocumentName"], params.get("DocumentVersion"))
        steps = render_steps(content, params.get("Parameters") or {})
        ids = _targets(context, params)
        command = _new_command(params, ids, steps)
        commands = context.store.commands
        commands[command["CommandId"]] = command
        for old in list(commands)[:-KEPT_COMMANDS]:
            del commands[old]
        runner.start(command, steps)
        return ActionResult({"Command": _shown(command)})

    return send_command


def _find(context: Context, command_id: str) -> Command:
    command: Command | None = context.store.commands.get(command_id)
    if command is None:
        raise aws_error("InvalidCommandId", f"There is no command {command_id}.")
    return command


def _invocation_detail(invocation: Invocation, plugin: dict[str, Any]) -> dict[str, Any]:
    started, ended = invocation.get("_started"), invocation.get("_ended")
    return {
        **{key: invocation[key] for key in ("CommandId", "InstanceId", "Comment", "DocumentName", "DocumentVersion")},
        "PluginName": plugin["Name"],
        "ResponseCode": plugin.get("ResponseCode", -1),
        "Status": plugin["Status"] if plugin["Status"] in FINAL else invocation["Status"],
        "StatusDetails": plugin["StatusDetails"] if plugin["Status"] in FINAL else invocation["StatusDetails"],
        "StandardOutputContent": plugin.get("_stdout", ""),
        "StandardErrorContent": plugin.get("_stderr", ""),
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "ExecutionStartDateTime": started.isoformat() if started else "",
        "ExecutionEndDateTime": ended.isoformat() if ended else "",
        "ExecutionElapsedTime": f"PT{(ended - started).total_seconds():.3f}S" if started and ended else "",
    }


def _get_command_invocation(context: Context) -> Any:
    def get_command_invocation(self: Any) -> ActionResult:
        command = context.store.commands.get(self._get_param("CommandId"))
        invocation = command["_invocations"].get(self._get_param("InstanceId")) if command else None
        if invocation is None:
            raise aws_error("InvocationDoesNotExist", "The command ID and managed node ID you specified did not match any invocations.")
        name = self._get_param("PluginName")
        plugins = [p for p in invocation["_plugins"] if name in (None, p["Name"], p["_action"])]
        if not plugins:
            raise aws_error("InvalidPluginName", f"The plugin {name} is not part of the command.")
        if name is None:
            return ActionResult(_whole_detail(invocation, plugins))
        return ActionResult(_invocation_detail(invocation, plugins[0]))

    return get_command_invocation


def _whole_detail(invocation: Invocation, plugins: list[dict[str, Any]]) -> dict[str, Any]:
    """All steps asked for at once: the invocation's own status, and all their output."""
    worst = next((p for p in plugins if p["Status"] not in ("Success", "Pending", "InProgress")), plugins[-1])
    detail = _invocation_detail(invocation, worst)
    detail["Status"], detail["StatusDetails"] = invocation["Status"], invocation["StatusDetails"]
    detail["StandardOutputContent"] = "".join(p.get("_stdout", "") for p in plugins)[:OUTPUT_LIMIT]
    detail["StandardErrorContent"] = "".join(p.get("_stderr", "") for p in plugins)[:ERROR_LIMIT]
    return detail


def _listed_plugin(plugin: dict[str, Any]) -> dict[str, Any]:
    output = plugin.get("_stdout", "")
    if plugin.get("_stderr"):
        output += "\n----------ERROR-------\n" + plugin["_stderr"]
    return {**_shown(plugin), "Output": output[:LISTED_LIMIT]}


def _install_lists(context: Context) -> None:
    def list_command_invocations(self: Any) -> ActionResult:
        command_id, instance_id = self._get_param("CommandId"), self._get_param("InstanceId")
        commands = [_find(context, command_id)] if command_id else list(context.store.commands.values())
        found = []
        for command in reversed(commands):
            for invocation in command["_invocations"].values():
                if instance_id in (None, invocation["InstanceId"]):
                    plugins = [_listed_plugin(plugin) for plugin in invocation["_plugins"]] if self._get_param("Details") else []
                    found.append({**_shown(invocation), "CommandPlugins": plugins})
        return ActionResult({"CommandInvocations": found[: int(self._get_param("MaxResults") or 50)]})

    def list_commands(self: Any) -> ActionResult:
        command_id, instance_id = self._get_param("CommandId"), self._get_param("InstanceId")
        commands = [_find(context, command_id)] if command_id else list(context.store.commands.values())
        found = [_shown(c) for c in reversed(commands) if instance_id is None or instance_id in c["InstanceIds"]]
        return ActionResult({"Commands": found[: int(self._get_param("MaxResults") or 50)]})

    def describe_instance_information(self: Any) -> ActionResult:
        wanted = _information_filter(self)
        found = []
        for instance in all_instances(context):
            if state_of(instance) in ("running", "stopping", "stopped", "pending") and is_managed(context, instance):
                information = _information(instance)
                if wanted(information):
                    found.append(information)
        return ActionResult({"InstanceInformationList": found})

    add(SimpleSystemManagerResponse, "list_command_invocations", list_command_invocations)
    replace(SimpleSystemManagerResponse, "list_commands", lambda _: list_commands)
    add(SimpleSystemManagerResponse, "describe_instance_information", describe_instance_information)


def _information(instance: Any) -> dict[str, Any]:
    online = state_of(instance) == "running" and bool(marked(instance, "ready", False))
    return {
        "InstanceId": instance.id,
        "PingStatus": "Online" if online else "ConnectionLost",
        "LastPingDateTime": dt.datetime.fromtimestamp(marked(instance, "last_ping"), dt.UTC),
        "AgentVersion": "3.3.0.0",
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Debian GNU/Linux",
        "PlatformVersion": "12",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": instance.private_dns_name,
    }


def _information_filter(response: Any) -> Any:
    filters = response._get_param("Filters") or []
    listed = response._get_param("InstanceInformationFilterList") or []
    pairs = [(f["Key"], f["Values"]) for f in filters] + [(f["key"], f["valueSet"]) for f in listed]
    fields = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType", "ResourceType": "ResourceType"}
    for key, _ in pairs:
        if key not in fields:
            raise aws_error("InvalidFilterKey", f"The sandbox knows the filters {', '.join(fields)}, not {key}.")
    return lambda information: all(information[fields[key]] in values for key, values in pairs)


def install(context: Context) -> CommandRunner:
    """Put real runs behind SendCommand."""
    runner = CommandRunner(context)

    def cancel_command(self: Any) -> ActionResult:
        runner.cancel(_find(context, self._get_param("CommandId")), self._get_param("InstanceIds") or [])
        return ActionResult({})

    replace(SimpleSystemManagerResponse, "send_command", lambda _: _send_command(context, runner))
    replace(SimpleSystemManagerResponse, "get_command_invocation", lambda _: _get_command_invocation(context))
    add(SimpleSystemManagerResponse, "cancel_command", cancel_command)
    _install_lists(context)
    return runner

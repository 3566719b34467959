"""SSM Run Command that runs: on the hosts, with their own status, code and output."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.models import ssm_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from .context import Context, log
from .ec2_support import all_instances, ec2_backend, find_instance, marked, state_of
from .errors import aws_error
from .overrides import add, replace
from .roles import instance_profile_of
from .ssm_documents import BUILT_IN, Step, render_steps

OUTPUT_LIMIT, ERROR_LIMIT, LISTED_LIMIT = 24000, 8000, 2500
KEPT_COMMANDS = 500
DEFAULT_DELIVERY_SEC = 3600
FINAL = ("Success", "Failed", "TimedOut", "Cancelled", "Terminated")
POLL_SEC = 0.5
UNSUPPORTED = ("NotificationConfig", "OutputS3BucketName", "CloudWatchOutputConfig", "AlarmConfiguration")

Command = dict[str, Any]
Invocation = dict[str, Any]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def is_managed(context: Context, instance: Any) -> bool:
    """Whether the instance's agent has registered: it has a role, and has answered at least once."""
    return instance_profile_of(context, instance) is not None and marked(instance, "last_ping") is not None


def _limit(text: str, total: int) -> int:
    """MaxConcurrency and MaxErrors: a number or a share."""
    return max(1, total * int(text[:-1]) // 100) if text.endswith("%") else int(text)


class CommandRunner:
    """Starts commands and follows them. Command records live in the store; running ones have a cancel event here."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._cancels: dict[tuple[str, str], threading.Event] = {}

    def start(self, command: Command, steps: list[Step]) -> None:
        """Run a command on all its instances in the background."""
        for instance_id in command["InstanceIds"]:
            self._cancels[(command["CommandId"], instance_id)] = threading.Event()
        threading.Thread(target=self._run_all, args=(command, steps), name=f"command-{command['CommandId'][:8]}", daemon=True).start()

    def cancel(self, command: Command, instance_ids: list[str]) -> None:
        """Ask for the end of a command's scripts."""
        for instance_id in instance_ids or command["InstanceIds"]:
            event = self._cancels.get((command["CommandId"], instance_id))
            invocation = command["_invocations"].get(instance_id)
            if event and invocation and invocation["Status"] not in FINAL:
                event.set()
                invocation["Status"] = invocation["StatusDetails"] = "Cancelling"
                command["Status"] = command["StatusDetails"] = "Cancelling"

    def _run_all(self, command: Command, steps: list[Step]) -> None:
        ids = list(command["InstanceIds"])
        with self.context.lock:
            command["Status"] = command["StatusDetails"] = "InProgress"
        workers = min(_limit(command["MaxConcurrency"], len(ids)), len(ids), 50)
        allowed_errors = _limit(command["MaxErrors"], len(ids)) if command["MaxErrors"] != "0" else 0
        with ThreadPoolExecutor(max_workers=max(workers, 1), thread_name_prefix="command") as pool:
            waiting = [pool.submit(self._run_one, command, instance_id, steps, allowed_errors) for instance_id in ids]
            for done in as_completed(waiting):
                if done.exception():
                    log.error("command %s: %r", command["CommandId"], done.exception())
        self._finish(command)

    def _run_one(self, command: Command, instance_id: str, steps: list[Step], allowed_errors: int) -> None:
        invocation = command["_invocations"][instance_id]
        cancel = self._cancels[(command["CommandId"], instance_id)]
        if len(command["InstanceIds"]) > 1 and command["ErrorCount"] > allowed_errors:
            self._end(command, invocation, "Terminated", "Terminated")
            return
        undelivered = self._await_delivery(command, instance_id, cancel)
        if undelivered:
            self._end(command, invocation, *undelivered)
            return
        with self.context.lock:
            invocation["Status"] = invocation["StatusDetails"] = "InProgress"
            invocation["_started"] = _now()
        failed: tuple[str, str] | None = None
        for plugin, step in zip(invocation["_plugins"], steps, strict=True):
            if failed and step.exits_on_failure:
                plugin.update(Status="Cancelled", StatusDetails="Cancelled")
                continue
            status = self._run_step(instance_id, plugin, step, cancel)
            if status != "Success":
                failed = failed or (status, "ExecutionTimedOut" if status == "TimedOut" else status)
                if status == "Cancelled":
                    break
        self._end(command, invocation, *(failed or ("Success", "Success")))

    def _await_delivery(self, command: Command, instance_id: str, cancel: threading.Event) -> tuple[str, str] | None:
        """Wait until the host answers; returns the final status when it does not."""
        while time.time() < command["_deliver_until"]:
            if cancel.is_set() or self.context.closed.is_set():
                return "Cancelled", "Cancelled"
            with self.context.lock:
                instance = find_instance(self.context, instance_id)
                state = state_of(instance) if instance else "terminated"
            if state == "terminated":
                return "Failed", "Undeliverable"
            if state == "running" and self.context.hypervisor.is_ready(instance_id):
                return None
            time.sleep(POLL_SEC)
        return "TimedOut", "DeliveryTimedOut"

    def _run_step(self, instance_id: str, plugin: dict[str, Any], step: Step, cancel: threading.Event) -> str:
        plugin.update(Status="InProgress", StatusDetails="InProgress", ResponseStartDateTime=_now())
        try:
            result = self.context.hypervisor.run_command(instance_id, step.script, step.timeout_sec, cancel)
        except Exception as error:
            plugin.update(Status="Failed", StatusDetails="Failed", ResponseCode=-1, _stderr=str(error), ResponseFinishDateTime=_now())
            return "Failed"
        status = "Success" if result.exit_code == 0 else "Failed"
        if result.timed_out:
            status = "TimedOut"
        if result.cancelled:
            status = "Cancelled"
        plugin.update(
            Status=status,
            StatusDetails="ExecutionTimedOut" if status == "TimedOut" else status,
            ResponseCode=-1 if result.cancelled or result.timed_out else result.exit_code,
            ResponseFinishDateTime=_now(),
            _stdout=result.stdout[:OUTPUT_LIMIT],
            _stderr=result.stderr[:ERROR_LIMIT],
        )
        return status

    def _end(self, command: Command, invocation: Invocation, status: str, details: str) -> None:
        with self.context.lock:
            invocation.update(Status=status, StatusDetails=details, _ended=_now())
            for plugin in invocation["_plugins"]:
                if plugin["Status"] in ("Pending", "InProgress"):
                    plugin.update(Status=status, StatusDetails=details)
            command["CompletedCount"] += 1
            if status in ("Failed", "TimedOut"):
                command["ErrorCount"] += 1
            if details == "DeliveryTimedOut":
                command["DeliveryTimedOutCount"] += 1
            self._cancels.pop((command["CommandId"], invocation["InstanceId"]), None)

    def _finish(self, command: Command) -> None:
        with self.context.lock:
            statuses = [invocation["Status"] for invocation in command["_invocations"].values()]
            for worst in ("Failed", "TimedOut", "Terminated", "Cancelled"):
                if worst in statuses:
                    command["Status"] = "Failed" if worst == "Terminated" else worst
                    break
            else:
                command["Status"] = "Success"
            command["StatusDetails"] = command["Status"]


def interrupt_all(context: Context) -> None:
    """After a restart: commands that were running when the sandbox stopped have failed."""
    for command in context.store.commands.values():
        for invocation in command["_invocations"].values():
            if invocation["Status"] not in FINAL:
                invocation.update(Status="Failed", StatusDetails="Undeliverable", _ended=_now())
                for plugin in invocation["_plugins"]:
                    plugin.update(Status="Failed", StatusDetails="Undeliverable")
        if command["Status"] not in FINAL:
            command["Status"] = command["StatusDetails"] = "Failed"


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
        "ExpiresAfter": _now() + dt.timedelta(seconds=delivery),
        "Parameters": params.get("Parameters") or {},
        "InstanceIds": ids,
        "Targets": params.get("Targets") or [],
        "RequestedDateTime": _now(),
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

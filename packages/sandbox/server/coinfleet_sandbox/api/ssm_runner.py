"""Runs commands on hosts and follows them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from .context import Context, log
from .ec2_support import find_instance, state_of
from .ssm_documents import Step

OUTPUT_LIMIT, ERROR_LIMIT = 24000, 8000
FINAL = ("Success", "Failed", "TimedOut", "Cancelled", "Terminated")
POLL_SEC = 0.5

Command = dict[str, Any]
Invocation = dict[str, Any]


def now() -> dt.datetime:
    """This moment in UTC."""
    return dt.datetime.now(dt.UTC)


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
            invocation["_started"] = now()
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
        plugin.update(Status="InProgress", StatusDetails="InProgress", ResponseStartDateTime=now())
        try:
            result = self.context.hypervisor.run_command(instance_id, step.script, step.timeout_sec, cancel)
        except Exception as error:
            plugin.update(Status="Failed", StatusDetails="Failed", ResponseCode=-1, _stderr=str(error), ResponseFinishDateTime=now())
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
            ResponseFinishDateTime=now(),
            _stdout=result.stdout[:OUTPUT_LIMIT],
            _stderr=result.stderr[:ERROR_LIMIT],
        )
        return status

    def _end(self, command: Command, invocation: Invocation, status: str, details: str) -> None:
        with self.context.lock:
            invocation.update(Status=status, StatusDetails=details, _ended=now())
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
                invocation.update(Status="Failed", StatusDetails="Undeliverable", _ended=now())
                for plugin in invocation["_plugins"]:
                    plugin.update(Status="Failed", StatusDetails="Undeliverable")
        if command["Status"] not in FINAL:
            command["Status"] = command["StatusDetails"] = "Failed"

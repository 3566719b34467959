"""The API as a whole: puts the parts together, runs the repeated work, saves and restores."""

from __future__ import annotations

from typing import Any

from ..interface import Hypervisor, InstanceState, InstanceView, RoleCredentials
from . import (
    alarms,
    bounds,
    cloudwatch_metrics,
    ec2_account_settings,
    ec2_images,
    ec2_instances,
    ec2_modifications,
    ec2_snapshot_copies,
    ec2_snapshots,
    ec2_views,
    ec2_volumes,
    ecr,
    ecr_scans,
    event_schedules,
    event_targets,
    load_balancers,
    log_metrics,
    route53_health,
    s3_buckets,
    security_groups,
    sns_messages,
    ssm_automation,
    ssm_commands,
    ssm_parameters,
    ssm_runner,
)
from .alarm_engine import AlarmEngine
from .app import Application
from .context import ApiOptions, Context
from .dns import DnsSync
from .ec2_lifecycle import InstanceLifecycle
from .lifecycle_manager import LifecycleManager
from .registry import Registry
from .state import LoadedState, StateFile

WATCH_SEC = 2.0
PRUNE_SEC = 60.0
SCHEDULE_SEC = 1.0


class Api:
    """All AWS services of one sandbox. There can be one in a process, because moto's backends are global."""

    def __init__(self, hypervisor: Hypervisor, options: ApiOptions) -> None:
        options.state_dir.mkdir(parents=True, exist_ok=True)
        self.context = Context(hypervisor, options)
        self._state = StateFile(self.context)
        self._lifecycle, self._alarm_engine = self._install()
        self.loaded: LoadedState = self._state.load()
        ec2_images.seed(self.context)
        self._application = Application(self.context, Registry(self.context), LifecycleManager(self.context))
        self._syncs = (
            # First: it gives load balancers their addresses.
            load_balancers.LoadBalancerSync(self.context),
            security_groups.SecurityGroupSync(self.context),
            DnsSync(self.context),
        )
        if self.loaded.kind != "empty":
            self._mend()

    def _install(self) -> tuple[InstanceLifecycle, AlarmEngine]:
        context = self.context
        bounds.install(context)
        lifecycle = ec2_instances.install(context)
        ec2_volumes.install(context)
        ec2_modifications.install(context)
        ec2_snapshots.install(context)
        ec2_snapshot_copies.install(context)
        ec2_images.install(context)
        ec2_account_settings.install(context)
        route53_health.install(context)
        security_groups.install()
        cloudwatch_metrics.install(context)
        sns_messages.install(context)
        engine = alarms.install(context, lifecycle)
        ssm_commands.install(context)
        ssm_parameters.install()
        ecr.install()
        s3_buckets.install()
        ecr_scans.install(context)
        load_balancers.install(context)
        automations = ssm_automation.install(context)
        event_targets.install(context, automations)
        self._schedules = event_schedules.install(context, automations)
        log_metrics.install(context)
        return lifecycle, engine

    def _mend(self) -> None:
        """Settle what was under way when the state was saved and cannot go on."""
        with self.context.lock:
            ssm_runner.interrupt_all(self.context)
            ssm_automation.interrupt_all(self.context)
            ec2_images.resume(self.context)
            ec2_snapshots.resume(self.context)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self._application(environ, start_response)

    def start(self) -> None:
        """Start the repeated work: alarms, rules, names, checkpoints."""
        options = self.context.options
        self.context.on_network_change(self._sync)
        self.context.every(options.alarm_evaluation_sec, "alarms", self._alarm_engine.tick)
        self.context.every(WATCH_SEC, "instances", self._lifecycle.watch)
        self.context.every(SCHEDULE_SEC, "schedules", self._schedules.tick)
        self.context.every(PRUNE_SEC, "metrics", lambda: cloudwatch_metrics.prune(self.context))
        if options.checkpoint_sec:
            self._state.save(clean=False)
            self.context.every(options.checkpoint_sec, "checkpoint", lambda: self._state.save(clean=False))

    def _sync(self) -> None:
        for sync in self._syncs:
            sync.apply()

    def resume(self) -> None:
        """Bring machines to the state that the API says they are in. Call when the servers listen."""
        self._lifecycle.resume()
        with self.context.lock:
            ec2_volumes.resume(self.context)
            ec2_modifications.resume(self.context)
        self.context.network_changed.set()

    def instance_by_address(self, address: str) -> InstanceView | None:
        """The instance that has this private address now."""
        return ec2_views.view_by_address(self.context, address)

    def instance(self, instance_id: str) -> InstanceView | None:
        """The instance with this id."""
        return ec2_views.view_by_id(self.context, instance_id)

    def role_credentials(self, instance_id: str) -> RoleCredentials | None:
        """Credentials of the instance's role; the same ones until five minutes before they expire."""
        return ec2_views.credentials_by_id(self.context, instance_id)

    def on_instance_state(self, instance_id: str, state: InstanceState, reason: str) -> None:
        """The guest powered off, rebooted or crashed by itself."""
        self._lifecycle.guest_changed(instance_id, state, reason)

    def save_state(self) -> None:
        """Write all state, atomically, and mark it clean. Call after `close`."""
        self._state.save(clean=True)

    def close(self) -> None:
        """Stop all threads."""
        self.context.close()

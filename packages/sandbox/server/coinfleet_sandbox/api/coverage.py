"""What the sandbox answers. moto knows more services than these, but nothing would stand behind their answers."""

from __future__ import annotations

SERVICES = frozenset(
    {
        "dlm",
        "dynamodb",
        "ec2",
        "ecr",
        "elasticloadbalancing",
        "events",
        "iam",
        "kms",
        "logs",
        "monitoring",
        "route53",
        "s3",
        "secretsmanager",
        "servicequotas",
        "sns",
        "sqs",
        "ssm",
        "sts",
        "tagging",
    }
)
"""Signing names of the emulated services."""

DENIED: dict[str, frozenset[str]] = {
    "ec2": frozenset(
        {
            "CreateFleet",
            "ImportImage",
            "ImportVolume",
            "RequestSpotFleet",
            "RequestSpotInstances",
            "CreateInstanceExportTask",
            "CreateVpnConnection",
        }
    ),
    "ecr": frozenset({"StartImageScan", "StartLifecyclePolicyPreview"}),
    "ssm": frozenset({"CreateMaintenanceWindow", "CreatePatchBaseline", "RegisterPatchBaselineForPatchGroup"}),
    "logs": frozenset({"CreateDelivery", "CreateExportTask", "StartQuery"}),
}
"""Actions that moto would answer although nothing happens."""

MACHINE_ACTIONS = frozenset({"RunInstances", "CreateVolume", "CreateSnapshot", "CreateImage", "RegisterImage", "CopyImage"})
"""Actions that need machines, which only the sandbox's own region has."""


def why_missing(service: str, action: str, region: str | None, own_region: str) -> str | None:
    """Why an action is not emulated, or None when it may be."""
    if service not in SERVICES:
        return "the service is not emulated"
    if action in DENIED.get(service, frozenset()):
        return "nothing would happen"
    if service == "ec2" and action in MACHINE_ACTIONS and region not in (None, own_region):
        return f"there are machines in {own_region} only, not in {region}"
    return None

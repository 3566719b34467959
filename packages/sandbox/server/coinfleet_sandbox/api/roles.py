"""Roles: who may take them, and from an instance to its role's temporary credentials."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from ..interface import RoleCredentials
from .context import Context
from .ec2_support import ec2_backend, mark, marked

LIFETIME = dt.timedelta(hours=6)
RENEW_BEFORE = dt.timedelta(minutes=5)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def instance_profile_of(context: Context, instance: Any) -> Any | None:
    """The profile that is associated with the instance now."""
    association = ec2_backend(context).iam_instance_profile_associations.get(instance.id)
    return association.iam_instance_profile if association else None


def trusts(role: Any, principal: str) -> bool:
    """Whether the role's trust policy names a service."""
    document = role.assume_role_policy_document
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        service = statement.get("Principal", {}).get("Service", []) if isinstance(statement.get("Principal"), dict) else []
        services = service if isinstance(service, list) else [service]
        if statement.get("Effect") == "Allow" and principal in services:
            return True
    return False


def role_by_arn(context: Context, arn: str) -> Any | None:
    """The role that a service is told to take."""
    return next((role for role in iam_backends[context.options.account_id]["aws"].roles.values() if role.arn == arn), None)


def role_credentials_for(context: Context, instance: Any) -> RoleCredentials | None:
    """The same credentials until shortly before they expire. None without a profile, role, or trust in EC2."""
    profile = instance_profile_of(context, instance)
    if profile is None or not profile.roles:
        return None
    iam = iam_backends[context.options.account_id]["aws"]
    role = iam.roles.get(profile.roles[0].id, profile.roles[0])
    if not trusts(role, "ec2.amazonaws.com"):
        return None
    kept: RoleCredentials | None = marked(instance, "credentials")
    now = dt.datetime.now(dt.UTC)
    if kept and kept.role_name == role.name:
        expiration = dt.datetime.strptime(kept.expiration, TIME_FORMAT).replace(tzinfo=dt.UTC)
        if expiration - now > RENEW_BEFORE:
            return kept
    sts = sts_backends[context.options.account_id]["aws"]
    assumed = sts.assume_role(
        region_name=context.options.region,
        role_session_name=instance.id,
        role_arn=role.arn,
        policy=None,
        duration=int(LIFETIME.total_seconds()),
        external_id=None,
    )
    credentials = RoleCredentials(
        role_name=role.name,
        access_key_id=assumed.access_key_id,
        secret_access_key=assumed.secret_access_key,
        token=assumed.session_token,
        last_updated=now.strftime(TIME_FORMAT),
        expiration=(now + LIFETIME).strftime(TIME_FORMAT),
    )
    mark(instance, "credentials", credentials)
    return credentials

"""What a program on the machine needs to use a sandbox instead of AWS."""

from __future__ import annotations

import base64
import json

from coinfleet_sandbox.launcher.layout import ACCOUNT_ID, API_PORT, PROXY_PORT, REGION, Layout
from coinfleet_sandbox.launcher.record import Record, State

ACCESS_KEY, SECRET_KEY = "sandbox", "sandbox"
REGISTRY_PASSWORD = base64.b64encode(json.dumps({"payload": f"{ACCOUNT_ID}-auth-token", "type": "DATA_KEY"}).encode()).decode()
"""Like ECR's, base64 of a JSON object: clients tell by its first letters whether it is one (see login_password of the registry)."""


def endpoint(record: Record) -> str:
    return f"http://{record.inner_address}:{API_PORT}"


def environment(layout: Layout, record: Record) -> dict[str, str]:
    """Variables that turn an AWS program towards the sandbox."""
    return {
        "AWS_ENDPOINT_URL": endpoint(record),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DOCKER_HOST": f"unix://{layout.docker_socket}",
        "DOCKER_CONFIG": str(layout.docker_config),
        # For what has no endpoint variable: the registry under its production name.
        "HTTPS_PROXY": f"http://{record.inner_address}:{PROXY_PORT}",
        "NO_PROXY": f"localhost,127.0.0.1,::1,{record.inner_address}",
        "SSL_CERT_FILE": str(layout.ca_bundle),
    }


def description(layout: Layout, record: Record | None, state: State) -> dict[str, object]:
    """What `start --json` and `status --json` print."""
    usable = record is not None and state == "running"
    return {
        "name": layout.name,
        "state": state,
        "endpoint": endpoint(record) if record and usable else None,
        "region": REGION,
        "account": ACCOUNT_ID,
        "dir": str(layout.dir),
        "namespace": layout.netns,
        "env": environment(layout, record) if record and usable else {},
    }


def write_docker_config(layout: Layout) -> None:
    """Logins for the registries, as a person's `docker login` would leave them."""
    layout.docker_config.mkdir(exist_ok=True)
    login = base64.b64encode(f"AWS:{REGISTRY_PASSWORD}".encode()).decode()
    names = [f"{ACCOUNT_ID}.dkr.ecr.{REGION}.amazonaws.com", "public.ecr.aws"]
    auths = {name: {"auth": login} for name in names}
    (layout.docker_config / "config.json").write_text(json.dumps({"auths": auths}, indent=2) + "\n")

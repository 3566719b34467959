"""The AWS API of the sandbox: moto in process, with real machines behind it.

api = build_app(hypervisor, ApiOptions(state_dir=…, registry_url=…, source_images=[…]))
… serve `api` (a WSGI application) as plain HTTP and, under AWS's names, with TLS …
api.resume()
… stop serving …
api.close(); api.save_state()
"""

from __future__ import annotations

from . import _environment
from .context import ApiOptions
from .ec2_images import source_image_id
from .registry import registry_password
from .sandbox_api import Api
from .state import StateError

ACCOUNT_ID = _environment.ACCOUNT_ID


def build_app(hypervisor: object, options: ApiOptions) -> Api:
    """Make the API over a hypervisor, with the state that an earlier one left in `options.state_dir`.

    Raises StateError when that state cannot be used.
    """
    api = Api(hypervisor, options)  # type: ignore[arg-type]
    api.start()
    return api


__all__ = ["ACCOUNT_ID", "Api", "ApiOptions", "StateError", "build_app", "registry_password", "source_image_id"]

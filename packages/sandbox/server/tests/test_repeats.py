"""A call whose answer got lost may be sent again, as AWS's SDKs do."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from conftest import Sandbox


def client_with_invocation(sandbox: Sandbox, invocation: str) -> Any:
    """A client whose every call says that it is the same one."""
    iam = sandbox.client("iam")

    def say_it(request: Any, **_: Any) -> None:
        request.headers["amz-sdk-invocation-id"] = invocation

    iam.meta.events.register("before-send.iam", say_it)
    return iam


def test_the_same_call_sent_again_gets_the_same_answer_and_makes_nothing_new(sandbox: Sandbox) -> None:
    iam = client_with_invocation(sandbox, "one")
    first = iam.create_instance_profile(InstanceProfileName="lost")
    again = iam.create_instance_profile(InstanceProfileName="lost")
    assert again["InstanceProfile"]["InstanceProfileId"] == first["InstanceProfile"]["InstanceProfileId"]


def test_another_call_for_the_same_name_is_refused(sandbox: Sandbox) -> None:
    client_with_invocation(sandbox, "two").create_instance_profile(InstanceProfileName="taken")
    with pytest.raises(botocore.exceptions.ClientError, match="EntityAlreadyExists"):
        client_with_invocation(sandbox, "three").create_instance_profile(InstanceProfileName="taken")


def test_an_error_is_tried_again(sandbox: Sandbox) -> None:
    iam = client_with_invocation(sandbox, "four")
    with pytest.raises(botocore.exceptions.ClientError, match="NoSuchEntity"):
        iam.delete_instance_profile(InstanceProfileName="later")
    sandbox.client("iam").create_instance_profile(InstanceProfileName="later")
    iam.delete_instance_profile(InstanceProfileName="later")

"""The real Terraform AWS provider: everything is made, nothing differs afterwards, a volume grows and does not shrink."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "terraform"
MIRROR = os.environ.get("TF_PLUGIN_MIRROR")

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed"),
    pytest.mark.skipif(not MIRROR, reason="TF_PLUGIN_MIRROR names no filesystem mirror with the AWS provider"),
]


class Terraform:
    """Runs terraform in a directory of its own against a sandbox."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        shutil.copy(HERE / "main.tf", directory)
        settings = directory / "terraform.rc"
        settings.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
        self.environment = {
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", *arguments, "-no-color"]
        return subprocess.run(command, cwd=self.directory, env=self.environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def terraform(sandbox: Any, tmp_path: Path) -> Terraform:
    made = Terraform(tmp_path, sandbox.url)
    assert made.run("init").returncode == 0
    return made


def test_the_aws_provider_makes_keeps_grows_and_destroys(terraform: Terraform, sandbox: Any) -> None:
    applied = terraform.run("apply", "-auto-approve")
    assert applied.returncode == 0, applied.stderr
    second = terraform.run("plan", "-detailed-exitcode")
    assert second.returncode == 0, second.stdout
    assert terraform.run("apply", "-auto-approve", "-var", "size=4").returncode == 0
    shrunk = terraform.run("apply", "-auto-approve", "-var", "size=1")
    assert shrunk.returncode == 1
    assert "New size cannot be smaller than existing size" in " ".join(shrunk.stderr.split())
    destroyed = terraform.run("destroy", "-auto-approve")
    assert destroyed.returncode == 0, destroyed.stderr

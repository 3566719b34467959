"""Builds the root file systems, once, into the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.images.mirror import SUITE, debian_mirror
from coinfleet_sandbox.images.registry_store import write_registry_store
from coinfleet_sandbox.launcher.layout import cache_dir
from coinfleet_sandbox.launcher.locks import locked
from coinfleet_sandbox.progress import Progress
from coinfleet_sandbox.shell import run

HERE = Path(__file__).resolve().parent
BASE_REPOSITORY = "public/debian/debian"
"""Where the API looks for what it serves as public.ecr.aws/debian/debian."""
BASE_TAG = "bookworm-slim"


@dataclass(frozen=True)
class BaseImages:
    """Cached results, by digest of what they are made from."""

    digest: str
    dir: Path

    @property
    def machine_tar(self) -> Path:
        """Root file system of the source machine image."""
        return self.dir / "machine.tar"

    @property
    def registry(self) -> Path:
        """Storage of a registry that holds the container base image."""
        return self.dir / "registry"


def base_images(progress: Progress) -> BaseImages:
    """The root file systems, built when the cache has none from these recipes and this mirror."""
    mirror = debian_mirror()
    recipes = [HERE / name for name in ("base-image.sh", "machine-image.sh", "registry_store.py")]
    inputs = b"\0".join(
        [mirror.encode(), SUITE.encode(), BASE_REPOSITORY.encode(), os.uname().machine.encode(), *(file.read_bytes() for file in recipes)]
    )
    images = BaseImages(digest := hashlib.sha256(inputs).hexdigest()[:16], cache_dir() / f"images-{digest}")
    if images.dir.exists():
        return images
    with locked(cache_dir() / f"images-{digest}.lock", "the base images", progress):
        if not images.dir.exists():
            _build(images, mirror, progress)
    return images


def _build(images: BaseImages, mirror: str, progress: Progress) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"building-{images.digest}-", dir=cache_dir()))
    try:
        root, result = work / "root", work / "result"
        result.mkdir()
        with progress.step("making the container base image with debootstrap", "1 min"):
            _script(work, "base-image.sh", str(root), mirror, SUITE)
            run(["tar", "--numeric-owner", "-C", root, "-cf", work / "base.tar", "."], timeout=600)
            write_registry_store(result / "registry", work / "base.tar", BASE_REPOSITORY, BASE_TAG)
        with progress.step("making the source machine image (Debian with systemd, cloud-init, sshd)", "1 min"):
            _script(work, "machine-image.sh", str(root))
            run(["tar", "--numeric-owner", "-C", root, "-cf", result / "machine.tar", "."], timeout=600)
        os.replace(result, images.dir)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _script(work: Path, name: str, *arguments: str) -> None:
    """Run a recipe where neither its mounts nor its processes can outlive it."""
    isolated = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    try:
        run([*isolated, "sh", str(HERE / name), *arguments], timeout=1800)
    except SandboxError as error:
        raise SandboxError(
            f"Making a base image failed. {error}",
            f"Check that this machine reaches its Debian mirror ({debian_mirror()}). Nothing is left behind; start again.",
        ) from error

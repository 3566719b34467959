"""What EBS allows for each type of volume (EC2 API reference, 2026-11)."""

from __future__ import annotations

from dataclasses import dataclass

from moto.core.exceptions import ServiceException

from .errors import aws_error


@dataclass(frozen=True)
class VolumeLimits:
    """Sizes in GiB, IOPS, and throughput in MiB/s. A type without own IOPS has `max_iops` 0."""

    min_size: int
    max_size: int
    min_iops: int = 0
    max_iops: int = 0
    max_iops_per_gib: int = 0
    min_throughput: int = 0
    max_throughput: int = 0


LIMITS = {
    "gp3": VolumeLimits(1, 65536, 3000, 80000, 500, 125, 2000),
    "gp2": VolumeLimits(1, 16384),
    "io1": VolumeLimits(4, 16384, 100, 64000, 50),
    "io2": VolumeLimits(4, 65536, 100, 256000, 1000),
    "st1": VolumeLimits(125, 16384),
    "sc1": VolumeLimits(125, 16384),
    "standard": VolumeLimits(1, 1024),
}
BASE_GP3_IOPS = 3000
MAX_THROUGHPUT_PER_IOPS = 0.25


def _invalid(message: str) -> ServiceException:
    return aws_error("InvalidParameterValue", message)


def check_volume(kind: str, size: int, iops: int | None, throughput: int | None) -> None:
    """Refuse what EBS refuses for a volume as a whole.

    Raises a ServiceException with AWS's error code.
    """
    limits = LIMITS.get(kind)
    if limits is None:
        raise aws_error("UnknownVolumeType", f"Unknown volume type '{kind}'.")
    if size < limits.min_size:
        raise _invalid(f"Volume of {size}GiB is too small for volume type {kind}; minimum is {limits.min_size}GiB.")
    if size > limits.max_size:
        raise _invalid(f"Volume of {size}GiB is too large for volume type {kind}; maximum is {limits.max_size}GiB.")
    if iops is not None:
        _check_iops(kind, limits, size, iops)
    if throughput is not None:
        _check_throughput(kind, limits, iops or BASE_GP3_IOPS, throughput)


def _check_iops(kind: str, limits: VolumeLimits, size: int, iops: int) -> None:
    if not limits.max_iops:
        raise aws_error("InvalidParameterCombination", f"The parameter iops is not supported for {kind} volumes.")
    if iops < limits.min_iops:
        raise _invalid(f"Volume iops of {iops} is too low; minimum is {limits.min_iops}.")
    if iops > limits.max_iops:
        raise _invalid(f"Volume iops of {iops} is too high; maximum is {limits.max_iops}.")
    allowed = size * limits.max_iops_per_gib
    if iops > allowed and not (kind == "gp3" and iops <= BASE_GP3_IOPS):
        raise _invalid(f"Iops to volume size ratio of {iops / size:.1f} is too high; maximum is {limits.max_iops_per_gib}.")


def _check_throughput(kind: str, limits: VolumeLimits, iops: int, throughput: int) -> None:
    if not limits.max_throughput:
        raise aws_error("InvalidParameterCombination", f"The parameter throughput is not supported for {kind} volumes.")
    if throughput < limits.min_throughput:
        raise _invalid(f"Volume throughput of {throughput} MiBps is too low; minimum is {limits.min_throughput} MiBps.")
    if throughput > limits.max_throughput:
        raise _invalid(f"Volume throughput of {throughput} MiBps is too high; maximum is {limits.max_throughput} MiBps.")
    ratio = throughput / iops
    if ratio > MAX_THROUGHPUT_PER_IOPS:
        raise _invalid(f"Throughput (MiBps) to iops ratio of {ratio:.6f} is too high; maximum is 0.250000 MiBps per iops.")

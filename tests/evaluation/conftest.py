"""The toy particles that segmentation and evaluation are tried with."""

from tests.fixtures.disks import disks, toy_config, toy_data, toy_project, write_set

__all__ = ["disks", "toy_config", "toy_data", "toy_project", "write_set"]

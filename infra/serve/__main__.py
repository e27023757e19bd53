"""Deploys the models on the Ray cluster of this machine, or of `--address`."""

import argparse
import sys

import ray  # pyright: ignore[reportMissingImports]
from ray import serve  # pyright: ignore[reportMissingImports]

from infra.serve.application import NAME, application, shipped
from infra.settings import child_environment


def main() -> int:
    """Deploy, and return when every replica answers."""
    parser = argparse.ArgumentParser(prog="python -m infra.serve", description=__doc__)
    parser.add_argument("--address", default="auto", help="of the cluster: auto, or HOST:PORT")
    parser.add_argument("--replicas", type=int, default=1, help="copies of the models")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs of each, or a share of one")
    options = parser.parse_args()
    path = child_environment()["PYTHONPATH"]  # the replicas find NEXUS where it is here
    ray.init(address=options.address, runtime_env={"env_vars": {"PYTHONPATH": path}})
    serve.start(proxy_location="Disabled")  # web workers ask by handle, and nobody else shall
    serve.run(application(shipped, options.replicas, options.gpus), name=NAME, route_prefix=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The models in a Ray cluster, for where one machine is not enough. Needs the extra `ray`; off by default.

    python -m infra.serve --replicas 4 --gpus 1       on the cluster: deploys the application
    NEXUS_MODELS=ray NEXUS_RAY_ADDRESS=HOST:PORT nexus up

Ray knows neither users nor keys: whoever reaches its ports runs code there. Keep the cluster in a network of its own.
"""

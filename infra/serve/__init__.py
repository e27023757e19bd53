"""The models in a Ray cluster, for where one machine is not enough. Needs the extra `ray`; off by default.

    python -m infra.serve --replicas 4 --gpus 1       on the cluster: deploys the application
    NEXUS_MODELS=ray NEXUS_RAY_ADDRESS=HOST:PORT nexus up

Replicas take the settings of the machine they run on. Whoever reaches Ray's ports and has its token runs code there: keep the
cluster in a network of its own. A call costs milliseconds, where the model process costs microseconds.
"""

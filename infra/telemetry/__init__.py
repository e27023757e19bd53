"""What operators see of NEXUS: logs and metrics, never what people say."""

import os
import socket

import pytest

from infra.tcp import ensure_port_free
from shared.errors import StartFailed


def _listener(host: str = "127.0.0.1") -> socket.socket:
    """A stranger that shares its port with whoever else does."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, 0))
    listener.listen()
    return listener


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_port_that_a_stranger_would_share_is_refused_with_his_name(host: str) -> None:
    with _listener() as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(StartFailed) as refused:
            ensure_port_free(host, port, patience=0.1)
    for part in (f"{host} port {port}", f"process {os.getpid()}: ", "NEXUS_PORT="):
        assert part in str(refused.value)


def test_a_free_port_stays_free() -> None:
    with _listener() as listener:
        port = listener.getsockname()[1]
    ensure_port_free("127.0.0.1", port)
    ensure_port_free("127.0.0.1", port)


def test_connections_of_an_earlier_server_do_not_count() -> None:
    with _listener() as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = listener.accept()
    accepted.close()  # ours closes first: its end waits in TIME_WAIT
    client.close()
    ensure_port_free("127.0.0.1", port, patience=0.1)


def test_a_host_that_is_not_of_this_machine_is_refused() -> None:
    with pytest.raises(StartFailed, match=r"192\.0\.2\.1 port 1"):
        ensure_port_free("192.0.2.1", 1, patience=0.1)

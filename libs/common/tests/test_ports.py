"""Ports that a test reserves stay free until it uses them."""

import socket

from common.testing.ports import free_ports


def test_they_are_different_and_one_can_listen_at_each() -> None:
    ports = free_ports(20)

    assert len(set(ports)) == 20
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()

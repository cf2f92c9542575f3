"""Every service as a process of one machine: a port of its own for each, and nginx before them."""

import shlex
from collections.abc import Iterator

from deploy import table
from deploy.gateway import SERVER
from deploy.table import Service

FIRST, FIRST_INTERNAL = 8101, 8201  # of the first service of the table; then one more for each
GATEWAY = "http://127.0.0.1:8080"
# Bodies and answers stay in memory: whoever it runs as need not write anywhere but its pid.
_FRAME = """\
{head}# Services as processes of this machine, by one address. In a folder that is there:
#   nginx -p FOLDER -e stderr -c "$PWD/deploy/gateway/processes.conf"
daemon off;
pid nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_body_buffer_size {largest};
    proxy_max_temp_file_size 0;
    server {{
        listen 127.0.0.1:{port};
{server}{locations}    }}
}}
"""


def ports(service: Service) -> tuple[int, int]:
    """Public, internal."""
    number = table.SERVICES.index(service)
    return FIRST + number, FIRST_INTERNAL + number


def commands() -> Iterator[str]:
    """As somebody types them, a terminal each; the README shows these."""
    for service in table.SERVICES:
        port, internal = ports(service)
        program, *words = ["python", "-m", "common.process", service.app, "--port", str(port)]
        yield f"AFTERCALL_INTERNAL_PORT={internal} .venv/bin/{program} {shlex.join(words)}"


def gateway(head: str) -> str:
    """For nginx; `head` are its first lines."""
    locations = "".join(
        f"        location {path} {{ proxy_pass http://127.0.0.1:{ports(service)[0]}; }}\n"
        for service in table.SERVICES
        for path in service.paths
    )
    server = "".join(f"    {line}\n" for line in SERVER.splitlines())
    return _FRAME.format(
        head=head,
        largest=table.LARGEST_BODY,
        port=table.PORT,
        server=server,
        locations=locations,
    )

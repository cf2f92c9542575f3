"""The gateway of docker-compose, from the table: one address, a service by path."""

from deploy import table

SERVER = f"""\
    client_max_body_size {table.LARGEST_BODY};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    location = /healthz {{ return 200; }}
"""
_FRAME = """\
{head}# No access log: paths may hold secrets. Names are looked up again, for replicas come and go.
access_log off;
resolver 127.0.0.11 valid=5s;
server {{
    listen {port};
{server}{locations}}}
"""
_LOCATION = """\
    location {path} {{ set $to {service}; proxy_pass http://$to:{port}; }}
"""


def configuration(head: str) -> str:
    """For nginx; `head` are its first lines."""
    locations = "".join(
        _LOCATION.format(path=path, service=service.name, port=table.PORT)
        for service in table.SERVICES
        for path in service.paths
    )
    return _FRAME.format(head=head, port=table.PORT, server=SERVER, locations=locations)

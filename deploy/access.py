"""What everybody is told where each has a name and passwords of its own."""

from deploy import table

# Where everybody is known by a name and a password of their own, and servers by a certificate.
OWN, CA_FILE = "/run/aftercall/own", "/run/aftercall/ca/ca.pem"  # mounted


def secured(name: str, *, database: str, own: str = OWN, ca_file: str = CA_FILE) -> dict[str, str]:
    """The environment of a service, of a job's `runs_as`, instead of what is plain.

    `database`: HOST:PORT/NAME. `own`: the folder of its passwords, as `aftercall grants` makes it.
    """
    role = f"aftercall_{name.replace('-', '_')}"
    found = {
        table.DATABASE.name: (
            f"postgresql://{role}@{database}?sslmode=verify-full&sslrootcert={ca_file}"
        ),
        "AFTERCALL_DATABASE_PASSWORD_FILE": f"{own}/database-password",
    }
    if name == table.MIGRATIONS:
        return found
    return found | {
        "AFTERCALL_KAFKA_SECURITY": "SASL_SSL",
        "AFTERCALL_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "AFTERCALL_KAFKA_USER": name,
        "AFTERCALL_KAFKA_PASSWORD_FILE": f"{own}/kafka-password",
        "AFTERCALL_KAFKA_CA_FILE": ca_file,
    }

"""Grants (ACLs) and users as a Kafka cluster has them: read, and added to, by whoever may."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import pbkdf2_hmac
from secrets import token_bytes
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    BrokerResponseError,
    ClusterAuthorizationFailedError,
    SecurityDisabled,
    for_code,
)
from aiokafka.protocol.admin import CreateAclsRequest_v1, DescribeAclsRequest_v1
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from common.bus.grants import Acl, Kind, Operation, Pattern
from common.bus.kafka_trouble import TROUBLE, in_words, reason
from common.bus.security import Security
from common.errors import Retry

ANY = 1  # of the protocol's enumerations
ALLOW = 3
EVERY_HOST = "*"
_DEADLINE = 30.0  # seconds


class NoAuthorizer(Exception):
    """The cluster has none: everybody may do everything."""


class MayNotLook(Exception):
    """This user has no `Describe` on the cluster."""


async def granted(servers: str, security: Security) -> list[Acl]:
    """All of topics, groups and the cluster. Raises `Retry`, `NoAuthorizer`, `MayNotLook`."""
    async with _admin(servers, security) as send:
        answer = await send(_Describe())
        error = for_code(answer.error_code)
        if error is SecurityDisabled:
            raise NoAuthorizer
        if error is ClusterAuthorizationFailedError:
            raise MayNotLook
        if answer.error_code:
            raise error(answer.error_message)
    return [
        acl
        for kind, name, pattern, acls in answer.resources
        if kind in set(Kind)
        for acl in _acls(Kind(kind), name, pattern, acls)
    ]


def _acls(kind: Kind, name: str, pattern: int, acls: Sequence[Any]) -> list[Acl]:
    known = Pattern(pattern) if pattern in set(Pattern) else Pattern.OTHER
    return [
        Acl(
            principal,
            kind,
            name,
            known,
            Operation(operation) if operation in set(Operation) else Operation.OTHER,
            permission == ALLOW,
        )
        for principal, _host, operation, permission in acls
    ]


async def grant(servers: str, security: Security, acls: Sequence[Acl]) -> None:
    """Adds them; those that are there stay. Needs `Alter` on the cluster. Raises `Retry`."""
    async with _admin(servers, security) as send:
        answer = await send(_Create(acls))
        for code, said in answer.creation_responses:
            if code:
                raise for_code(code)(said)


@asynccontextmanager
async def _admin(servers: str, security: Security) -> AsyncIterator[Any]:
    try:
        async with asyncio.timeout(_DEADLINE):
            admin = AIOKafkaAdminClient(
                bootstrap_servers=servers, client_id="aftercall-grants", **security.arguments()
            )
            try:
                await admin.start()
                yield admin._send_request
            finally:
                await admin.close()
    except BrokerResponseError as error:
        raise Retry(f"kafka: {type(error).__name__}: {error}") from error
    except TROUBLE as error:
        raise Retry(f"kafka: {await reason(servers, security) or in_words(error)}") from error


class _Describe(Request[DescribeAclsRequest_v1]):  # type: ignore[misc]
    """aiokafka has the messages, and no method that sends them."""

    API_KEY = DescribeAclsRequest_v1.API_KEY

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(ANY, None, ANY, None, None, ANY, ANY)


class _Create(Request[CreateAclsRequest_v1]):  # type: ignore[misc]
    API_KEY = CreateAclsRequest_v1.API_KEY

    def __init__(self, acls: Sequence[Acl]) -> None:
        self._acls = acls

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(
            [
                (acl.kind, acl.name, acl.pattern, acl.principal, EVERY_HOST, acl.operation, ALLOW)
                for acl in self._acls
            ]
        )


async def set_passwords(servers: str, security: Security, passwords: Mapping[str, str]) -> None:
    """SCRAM-SHA-512 credentials of users, new or changed; only what is derived from them is sent.

    Needs `Alter` on the cluster. Raises `Retry`.
    """
    async with _admin(servers, security) as send:
        answer = await send(_AlterScram([_derived(*one) for one in passwords.items()]))
        for user, code, said, _ in answer.results:
            if code:
                raise for_code(code)(f"{user}: {said}")


_SHA_512 = 2  # of the protocol
_ITERATIONS = 8192


def _derived(user: str, password: str) -> tuple[Any, ...]:
    salt = token_bytes(32)
    salted = pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    return user, _SHA_512, _ITERATIONS, salt, salted, {}


class _ScramResponse(Response):  # type: ignore[misc]
    """`AlterUserScramCredentials`, which aiokafka does not have."""

    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _ScramRequest(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = _ScramResponse
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(
                ("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)
            ),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScram(Request[_ScramRequest]):  # type: ignore[misc]
    API_KEY = 51

    def __init__(self, upsertions: Sequence[Any]) -> None:
        self._upsertions = upsertions

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([], self._upsertions, {})

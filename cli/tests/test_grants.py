"""Grants on the broker: printed for its tool, and compared with those that a cluster has."""

import os

import pytest
from typer.testing import CliRunner, Result

from aftercall.grants.kafka import CLUSTER, Grant, grants, missing
from aftercall.main import app
from common.bus.grants import Acl, Kind, Operation, Pattern

READS = Grant("ingest", Kind.TOPIC, "aftercall.x", (Operation.DESCRIBE, Operation.READ))
DESCRIBE, READ = READS.acls()
WIDER = DESCRIBE._replace(name="aftercall.", pattern=Pattern.PREFIXED, operation=Operation.ALL)


def command(*words: str, **environment: str) -> Result:
    kept = {name: None for name in os.environ if name.startswith("AFTERCALL_")}
    return CliRunner().invoke(app, ["grants", *words], env={**kept, **environment})


@pytest.mark.parametrize(
    ("there", "lacking"),
    [
        ([], [DESCRIBE, READ]),
        ([DESCRIBE, READ], []),
        ([READ], []),  # who may read may describe
        ([DESCRIBE], [READ]),
        ([WIDER], []),
        ([WIDER._replace(name="*", pattern=Pattern.LITERAL)], []),
        ([WIDER._replace(name="*", pattern=Pattern.LITERAL, principal="User:*")], []),
        ([READ._replace(name="aftercall.")], [DESCRIBE, READ]),  # of that name alone
        ([READ._replace(name="aftercall.y")], [DESCRIBE, READ]),
        ([READ._replace(principal="User:analytics")], [DESCRIBE, READ]),
        ([READ._replace(kind=Kind.GROUP)], [DESCRIBE, READ]),
        ([READ._replace(operation=Operation.CREATE)], [DESCRIBE, READ]),
        ([WIDER, READ._replace(allows=False)], [READ]),  # a denial wins
    ],
)
def test_what_a_cluster_would_refuse_is_missed(there: list[Acl], lacking: list[Acl]) -> None:
    assert missing([DESCRIBE, READ], there) == lacking


def test_a_literal_grant_does_not_give_a_prefix() -> None:
    (whole,) = Grant("a", Kind.GROUP, "a.", (Operation.READ,), prefixed=True).acls()

    assert missing([whole], [whole._replace(pattern=Pattern.LITERAL)]) == [whole]
    assert missing([whole], [whole._replace(name="a")]) == []


def test_the_commands_for_kafkas_tool_have_names_as_this_installation_has_them() -> None:
    told = command(
        *("kafka", "--principal", "User:prod-{name}"),
        AFTERCALL_KAFKA_BOOTSTRAP_SERVERS="kafka:9092",
        AFTERCALL_KAFKA_NAMESPACE="prod.",
    )

    assert told.exit_code == 0
    lines = told.output.splitlines()
    begin = "kafka-acls.sh --bootstrap-server kafka:9092 --command-config client.properties --add"
    assert len(lines) == len(grants())
    assert all(line.startswith(f"{begin} --allow-principal 'User:prod-") for line in lines)
    assert (
        f"{begin} --allow-principal 'User:prod-sms-sender' --operation Describe --operation Read"
        " --group 'prod.sms-sender.' --resource-pattern-type prefixed"
    ) in lines
    assert (
        f"{begin} --allow-principal 'User:prod-operator' --operation Describe --cluster"
    ) in lines


def test_a_service_may_make_no_topic_but_ingest_those_of_vendors() -> None:
    making = {(one.who, one.name) for one in grants() if Operation.CREATE in one.operations}

    assert making == {("ingest", "aftercall.intake."), ("operator", "aftercall.")}


def test_the_cluster_has_the_name_that_kafka_gives_it_in_every_namespace() -> None:
    (whole,) = (one for one in grants() if one.kind is Kind.CLUSTER)

    assert [acl.name for acl in whole.acls(namespace="prod.")] == [CLUSTER]


def test_the_sql_makes_a_role_per_service_and_one_that_migrates() -> None:
    told = command("postgres", "--database", "calls")

    assert told.exit_code == 0
    for line in (
        "alter role aftercall_sms_sender bypassrls;",
        "grant aftercall_sms_sender_tenant to aftercall_sms_sender;",
        'grant create on database "calls" to aftercall_migrations;',
    ):
        assert line in told.output.splitlines()
    assert "password" not in told.output


def test_nothing_is_granted_where_no_broker_is_named() -> None:
    told = command("kafka", "--apply")

    assert told.exit_code == 1
    assert told.output.strip() == "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS is not set"

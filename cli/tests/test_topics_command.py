"""`aftercall topics create` on a real broker and on the log in PostgreSQL."""

from typer.testing import CliRunner, Result

from aftercall.main import app
from common.topics import partitions


def create(environment: dict[str, str], *arguments: str) -> Result:
    cleared = {"AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": None, "AFTERCALL_KAFKA_NAMESPACE": None}
    return CliRunner().invoke(app, ["topics", "create", *arguments], env={**cleared, **environment})


def test_kafka_gets_every_topic_once(kafka_servers: str, kafka_namespace: str) -> None:
    environment = {
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": kafka_servers,
        "AFTERCALL_KAFKA_NAMESPACE": kafka_namespace,
    }

    first = create(environment)
    again = create(environment, "--source", "acme")

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    assert "created  aftercall.interactions: 12 partitions, 1 copy, kept 28 days" in first.output
    assert "created  aftercall.consent.dead: 1 partition, 1 copy, kept 28 days" in first.output
    assert f"{len(partitions())} topics created, 0 there" in first.output
    assert "there    aftercall.interactions: 12 partitions" in again.output
    assert "created  aftercall.intake.acme: " in again.output
    assert f"2 topics created, {len(partitions())} there" in again.output


def test_the_log_in_postgresql_gets_them_without_kafka(database_url: str) -> None:
    first = create({"AFTERCALL_DATABASE_URL": database_url})
    again = create({"AFTERCALL_DATABASE_URL": database_url})

    assert first.exit_code == again.exit_code == 0, first.output + again.output
    assert f"{len(partitions())} topics created, 0 there" in first.output
    assert f"0 topics created, {len(partitions())} there" in again.output


def test_a_broker_that_is_away_is_told_in_words_and_fails() -> None:
    ended = create({"AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})

    assert ended.exit_code == 1
    assert "no topic can be made: kafka: " in ended.output

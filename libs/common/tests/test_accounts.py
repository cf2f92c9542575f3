"""Accounts: told apart by (channel, provider), strict in their own fields."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from common.config import Account, TwilioSmsAccount
from common.config.documents import parse_document
from common.errors import BadInput

TWILIO: dict[str, Any] = {
    "id": "main",
    "account_sid": "AC1",
    "auth_token": "env:TOKEN",
    "senders": [{"number": "+12025550190"}],
}


def test_a_document_that_names_neither_is_text_messages_by_twilio() -> None:
    told = parse_document("account", TWILIO | {"channel": "sms", "provider": "twilio"})

    assert told == parse_document("account", TWILIO)
    assert isinstance(told, TwilioSmsAccount)
    assert (told.name_there, told.secrets) == ("AC1", {"auth_token": "env:TOKEN"})


@pytest.mark.parametrize(
    "named",
    [
        {"channel": "email", "provider": "smtp"},
        {"provider": "pigeon"},
        {"channel": "ivr", "provider": "pigeon"},
    ],
)
def test_an_account_of_a_kind_that_nobody_knows_is_one_clear_error(named: dict[str, str]) -> None:
    with pytest.raises(BadInput) as raised:
        parse_document("account", {"id": "main", "host": "x", **named})

    (error,) = raised.value.errors
    assert error.field == "provider"
    assert "sms by twilio" in error.message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone_number_id": "1"}, "phone_number_id"),  # a field of another provider
        ({"auth_token": "the secret itself"}, "auth_token"),
        ({"senders": []}, "senders"),
        ({"account_sid": ""}, "account_sid"),
    ],
)
def test_errors_name_the_field_of_that_kind(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as raised:
        parse_document("account", TWILIO | changes)

    assert [error.field for error in raised.value.errors] == [field]


def test_the_schema_has_the_fields_of_each_kind() -> None:
    schema = TypeAdapter(tuple[Account, ...]).json_schema()

    assert "account_sid" in str(schema)

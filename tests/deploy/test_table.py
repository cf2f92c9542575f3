"""The table says what the services need: their settings, their paths, the time they take to end."""

import inspect
from importlib import import_module

import pytest
from fastapi import FastAPI
from pydantic_settings import BaseSettings

from aftercall.commands.grants import PEOPLE
from aftercall.grants.passwords import DATABASE, KAFKA
from aftercall.grants.postgres import OPENS, role_of
from closed_loop.settings import ClosedLoopSettings
from common.process import pages, web
from common.process.runtime import Tasks
from common.process.serving import ServingSettings
from common.process.settings import CommonSettings
from common.streams.consumer import _STOP
from console.service.apis import SERVICES as CONSOLE_ASKS
from console.settings import ConsoleSettings
from deploy import access, table
from deploy.__main__ import ROOT, files
from deploy.table import Service
from ivr_gateway.settings import IvrSettings
from orchestrator.settings import OrchestratorSettings
from scripts.lock import PACKAGES
from sms_sender.settings import SmsSettings
from whatsapp_sender.settings import WhatsAppSettings

SETTINGS: dict[str, list[type[BaseSettings]]] = {
    "orchestrator": [CommonSettings, OrchestratorSettings],
    "sms-sender": [CommonSettings, SmsSettings],
    "whatsapp-sender": [CommonSettings, WhatsAppSettings],
    "ivr-gateway": [CommonSettings, IvrSettings],
    "ingest": [CommonSettings],
    "analytics": [CommonSettings],
    "closed-loop": [CommonSettings, ClosedLoopSettings],
    "console": [CommonSettings, ConsoleSettings],
}
each_service = pytest.mark.parametrize("service", table.SERVICES, ids=lambda one: one.name)


def variables(settings: list[type[BaseSettings]], *, required: bool = False) -> set[str]:
    return {
        f"{one.model_config['env_prefix']}{name}".upper()
        for one in settings
        for name, field in one.model_fields.items()
        if field.is_required() or not required
    }


def routes(service: Service) -> set[str]:
    module, _, name = service.app.partition(":")
    app: FastAPI = getattr(import_module(module), name)
    # Each says at its own front what it is; behind the gateway that is nobody's.
    return {route.path for route in app.routes} - {"/"}  # type: ignore[attr-defined]


def test_what_is_for_operation_has_a_port_of_its_own() -> None:
    app: FastAPI = import_module("ingest.app").app
    internal = {route.path for route in web.internal(app).routes}  # type: ignore[attr-defined]

    assert {table.LIVE, table.READY, table.METRICS, table.OPENAPI, pages.DOCS} == internal
    assert ServingSettings().internal_port == table.INTERNAL_PORT


@each_service
def test_a_service_is_given_what_it_requires_and_nothing_unknown(service: Service) -> None:
    given = {variable.name for variable in service.environment}
    settings = [*SETTINGS[service.name], ServingSettings]
    assert variables(settings, required=True) <= given <= variables(settings)


@each_service
def test_every_route_is_public_at_exactly_one_service(service: Service) -> None:
    for route in routes(service):
        at = [
            (other.name, path)
            for other in table.SERVICES
            for path in other.paths
            if route == path or route.startswith(f"{path}/")
        ]
        assert len(at) == 1, f"{route} is public at {at}; see `paths` in deploy/table.py"
        assert at[0][0] == service.name


@each_service
def test_every_public_path_has_a_route(service: Service) -> None:
    known = routes(service)
    for path in service.paths:
        assert any(route == path or route.startswith(f"{path}/") for route in known), path


def test_what_the_console_asks_is_public_there_and_may_be_reached() -> None:
    console = table.BY_NAME["console"]
    for part, service in CONSOLE_ASKS.items():
        assert f"/v1/{part}" in table.BY_NAME[service].paths
        assert service in console.asks


def test_the_grace_is_enough_for_an_end_in_order() -> None:
    deadline = inspect.signature(Tasks.stop).parameters["deadline"].default
    assert _STOP < deadline <= table.STOP_TASKS
    steps = table.DRAIN + table.STOP_REQUESTS + table.STOP_TASKS + table.STOP_CLOSE
    assert steps < table.GRACE


def test_every_image_has_its_pins() -> None:
    images = {*table.BY_NAME, table.OPERATOR, table.SANDBOX}
    assert images == PACKAGES.keys()
    assert all((ROOT / "requirements" / f"{image}.txt").exists() for image in images)


@pytest.mark.parametrize("name", [*table.BY_NAME, table.OPERATOR, table.MIGRATIONS])
def test_what_everybody_is_told_of_their_own_are_settings_and_names_that_are_granted(
    name: str,
) -> None:
    told = access.secured(name, database="db/x")

    assert told.keys() <= variables([CommonSettings])
    assert told["AFTERCALL_DATABASE_URL"].startswith(f"postgresql://{role_of(name)}@db/x?")
    assert told["AFTERCALL_DATABASE_PASSWORD_FILE"].endswith(f"/{DATABASE}")
    if name != table.MIGRATIONS:
        assert told["AFTERCALL_KAFKA_USER"] == name
        assert name in PEOPLE
        assert told["AFTERCALL_KAFKA_PASSWORD_FILE"].endswith(f"/{KAFKA}")


def test_sealed_secrets_are_read_by_those_alone_that_use_them() -> None:
    assert {service.name for service in table.SERVICES if service.resolves} == {
        name.replace("_", "-") for name in OPENS
    }


def test_what_is_written_from_the_table_is_not_stale() -> None:
    for name, text in files().items():
        assert (ROOT / name).read_text("utf-8") == text, f"{name}: run `make deploy-files`"

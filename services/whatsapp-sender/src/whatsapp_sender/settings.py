"""What only the WhatsApp sender needs to know, from the environment (`AFTERCALL_WHATSAPP_…`)."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class WhatsAppSettings(BaseSettings):
    """`claim_seconds`: a claim without a record that is older is unknown, as after a crash.

    It must be longer than any request, its record and a slow commit: accounts' `timeout` and more.

    `templates_seconds`: how often the states of templates are asked for; a webhook is quicker.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_WHATSAPP_", frozen=True)

    claim_seconds: float = Field(default=60.0, gt=0)
    templates_seconds: float = Field(default=300.0, gt=0)

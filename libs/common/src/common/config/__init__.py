"""What customers set up: workspaces, sources, numbers, accounts, surveys, flows, API keys.

One PostgreSQL schema, `config`, written by the orchestrator alone and read by every service.
A document is a row (workspace, kind, id) with the body as its file said it; `models` gives the
bodies their meaning, `reader` keeps a parsed snapshot that follows `config.version`.
"""

from common.config.accounts import (
    Account,
    MetaNumber,
    MetaWhatsAppAccount,
    SenderNumber,
    SmsNumber,
    TwilioAccount,
    TwilioSmsAccount,
    TwilioVoiceAccount,
)
from common.config.conditions import Condition, Conditions
from common.config.hours import CountryHours, Days
from common.config.limits import (
    Aim,
    Cap,
    ConsentPolicy,
    CountedBy,
    CountryConsent,
    OptOutScope,
    Quota,
    QuotaPeriod,
)
from common.config.models import (
    Flow,
    LineType,
    Number,
    NumberUse,
    PlanStep,
    Source,
    When,
    Workspace,
)
from common.config.plivo import PlivoVoiceAccount
from common.config.reader import Config, ConfigReader, WorkspaceConfig
from common.config.surveys import Question, Survey, SurveyVoice
from common.config.whatsapp import TwilioWhatsAppAccount

__all__ = [
    "Account",
    "Aim",
    "Cap",
    "Condition",
    "Conditions",
    "Config",
    "ConfigReader",
    "ConsentPolicy",
    "CountedBy",
    "CountryConsent",
    "CountryHours",
    "Days",
    "Flow",
    "LineType",
    "MetaNumber",
    "MetaWhatsAppAccount",
    "Number",
    "NumberUse",
    "OptOutScope",
    "PlanStep",
    "PlivoVoiceAccount",
    "Question",
    "Quota",
    "QuotaPeriod",
    "SenderNumber",
    "SmsNumber",
    "Source",
    "Survey",
    "SurveyVoice",
    "TwilioAccount",
    "TwilioSmsAccount",
    "TwilioVoiceAccount",
    "TwilioWhatsAppAccount",
    "When",
    "Workspace",
    "WorkspaceConfig",
]

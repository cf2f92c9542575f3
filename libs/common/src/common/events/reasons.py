"""Why a person is not asked, in the words of the console and the terminal."""

from collections.abc import Mapping

from common.events.decisions import Reason

REASONS: Mapping[str, str] = {
    Reason.DO_NOT_SURVEY: "the source said not to ask about it",
    Reason.TOO_OLD: "it ended too long ago",
    Reason.IN_THE_FUTURE: "it ends in the future",
    Reason.BEFORE_FLOW_ENABLED: "it ended before the flow was switched on",
    Reason.NOT_CONNECTED: "no agent talked with the person",
    Reason.NO_FLOW: "no enabled flow is for such an interaction",
    Reason.NO_ADDRESS: "there is no address to ask at",
    Reason.COUNTRY_NOT_ALLOWED: "nobody is asked in that country",
    Reason.INTERNAL_NUMBER: "the person is a colleague or a line of ours",
    Reason.NUMBER_DISABLED: "surveys are off for the number that was called",
    Reason.TALK_TIME: "the conversation was too short",
    Reason.OPTED_OUT: "the person said no",
    Reason.DO_NOT_CONTACT: "the person is on a do-not-contact list",
    Reason.NO_CONSENT: "the channel needs a yes first",
    Reason.CONSENT_EXPIRED: "the person's yes was given too long ago",
    Reason.SAMPLED_OUT: "the draw left it out",
    Reason.FREQUENCY_CAP: "the person was asked often enough",
    Reason.SHARED_CAP: "enough people were asked about that agent, team or queue",
    Reason.DAILY_CEILING: "enough people were asked today",
    Reason.PREFIX_CEILING: "enough people with numbers like that were asked this hour",
    Reason.QUOTA: "the flow has asked enough for now",
    Reason.UNREACHABLE: "a provider said not long ago that the number is dead",
    Reason.NO_SENDER: "no number that we send from can ask there",
    Reason.CLOSED: "it is never open where the person may be, on any day to come",
    Reason.UNKNOWN: "a reason that this version does not know",
}

"""Every metric of ingest. A label is a vendor's slug or one of our words, never an id."""

from prometheus_client import Counter

TAKEN = Counter(
    "aftercall_ingest_taken_total",
    "Reports of interactions taken: ended, amended; by vendor (or cloudevents) and way in",
    ["vendor", "way", "report"],
)
NO_ADDRESS = Counter(
    "aftercall_ingest_no_address_total",
    "Interactions whose customer cannot be asked: hidden, invalid",
    ["vendor", "problem"],
)
IGNORED = Counter(
    "aftercall_ingest_ignored_total",
    "Reports of no end: going_on, other_leg, not_selected, other_type, handshake, unjudged",
    ["vendor", "way", "why"],
)
REFUSED = Counter(
    "aftercall_ingest_refused_total",
    "Refused: secret, signature, replayed, malformed, invalid (records: see fate dead)",
    ["vendor", "why"],
)
UNUSABLE = Counter(
    "aftercall_ingest_unusable_bodies_total",
    "Bodies of admitted senders that could not be read: kept (as dead records), dropped (too many)",
    ["vendor", "fate"],
)
UNKNOWN_WORDS = Counter(
    "aftercall_ingest_unknown_words_total",
    "Calls whose ending a vendor said in a word that we do not know",
    ["vendor"],
)

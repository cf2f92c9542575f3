"""Role x route: who may call what, declared; a route that is not in here fails the tests.

`OWN`: supervisors and agents, too, for calls of their own. `READ`: whoever reads all of a
workspace. `ADMIN`: admins alone, or a key with a scope for just that. `OPEN`: no person's; what
lets in is a secret of the source, or a signature.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum


class Who(StrEnum):
    OWN = "own"
    READ = "read"
    ADMIN = "admin"
    OPEN = "open"


_ROUTES = """
own   GET /v1/calls
own   POST /v1/calls/find
own   GET /v1/calls/{interaction}
own   GET /v1/export/all
own   GET /v1/export/calls
own   GET /v1/export/funnel
own   GET /v1/export/resolution
own   GET /v1/export/response-rates
own   GET /v1/export/responses
own   GET /v1/export/scores
own   GET /v1/export/trend
own   GET /v1/funnel
own   GET /v1/resolution
own   GET /v1/response-rates
read  GET /v1/studies
read  GET /v1/studies/{study}
read  POST /v1/studies/{kind}
own   GET /v1/responses
own   GET /v1/responses/{interaction}
own   GET /v1/scores
own   GET /v1/trend
admin GET /v1/export/contacts/{contact}

own   GET /v1/alerts
admin GET /v1/alerts/contacts/{contact}
admin GET /v1/alerts/mails
admin GET /v1/alerts/rules
admin POST /v1/alerts/rules
admin GET /v1/alerts/rules/{rule}
admin PATCH /v1/alerts/rules/{rule}
admin DELETE /v1/alerts/rules/{rule}
admin GET /v1/webhooks
admin POST /v1/webhooks
admin GET /v1/webhooks/{endpoint}
admin PATCH /v1/webhooks/{endpoint}
admin DELETE /v1/webhooks/{endpoint}
admin GET /v1/webhooks/{endpoint}/deliveries
admin GET /v1/webhooks/{endpoint}/deliveries/{message}
admin POST /v1/webhooks/{endpoint}/replay
admin POST /v1/webhooks/{endpoint}/secret
admin POST /v1/webhooks/{endpoint}/test

admin POST /v1/events
admin GET /v1/events/contacts/{contact}
open  GET /v1/sources/{source}/calls
open  POST /v1/sources/{source}/calls
open  GET /v1/sources/{source}/calls/{secret}
open  POST /v1/sources/{source}/calls/{secret}

read  GET /v1/audiences
read  GET /v1/audiences/{audience}
admin PATCH /v1/audiences/{audience}
admin DELETE /v1/audiences/{audience}
admin POST /v1/audiences/{audience}/people
admin GET /v1/config
admin PUT /v1/config
admin GET /v1/config/changes
read  GET /v1/config/documents
admin GET /v1/config/drafts
admin POST /v1/config/drafts/publish
admin GET /v1/config/drafts/{kind}/{id}
admin PUT /v1/config/drafts/{kind}/{id}
admin DELETE /v1/config/drafts/{kind}/{id}
admin GET /v1/config/documents/{kind}/{id}
admin PUT /v1/config/documents/{kind}/{id}
admin PATCH /v1/config/documents/{kind}/{id}
admin DELETE /v1/config/documents/{kind}/{id}
admin POST /v1/config/documents/{kind}/{id}/restore
admin PUT /v1/consent
admin POST /v1/consent/import
admin POST /v1/contacts/erase
admin POST /v1/contacts/export
admin POST /v1/contacts/link
admin POST /v1/contacts/unlink
read  POST /v1/contacts/find
read  GET /v1/contacts/{contact}
admin DELETE /v1/contacts/{contact}
read  GET /v1/contacts/{contact}/consent
own   GET /v1/decisions
own   GET /v1/decisions/{interaction}
read  GET /v1/do-not-contact
admin DELETE /v1/do-not-contact/{list}
admin GET /v1/do-not-contact/{list}/entries
admin POST /v1/do-not-contact/{list}/entries
admin POST /v1/do-not-contact/{list}/loads
admin POST /v1/do-not-contact/{list}/loads/{load}
admin PATCH /v1/do-not-contact/{list}/loads/{load}
admin POST /v1/do-not-contact/{list}/removals
read  GET /v1/doubts
admin PATCH /v1/doubts/{doubt}
read  GET /v1/erasures/{erasure}
read  GET /v1/flows
admin PATCH /v1/flows/{flow}
admin POST /v1/flows/dry-run
read  GET /v1/flows/dry-run/{run}
admin DELETE /v1/flows/dry-run/{run}
own   GET /v1/invitations/{invitation}
admin GET /v1/keys
admin POST /v1/keys
admin DELETE /v1/keys/{key_id}
read  GET /v1/legal-notice
admin POST /v1/legal-notice/acknowledgements
admin GET /v1/secrets
admin PUT /v1/secrets/{name}
admin DELETE /v1/secrets/{name}
read  GET /v1/sms/preview
read  GET /v1/ivr/preview
read  GET /v1/surveys
read  GET /v1/whatsapp/numbers
read  GET /v1/whatsapp/preview
read  GET /v1/whatsapp/templates
own   GET /v1/values
read  GET /v1/workspaces
"""
_OF_A_CHANNEL = """
admin GET /v1/{channel}/contacts/{contact}
read  GET /v1/{channel}/links
read  GET /v1/{channel}/sends
read  GET /v1/{channel}/sends/{send_id}
read  GET /v1/{channel}/unmatched
read  GET /v1/{channel}/usage
"""
# Pages of the console that supervisors and agents open; every other one is refused to them.
PAGES_OF_OWN = {
    "GET /console",
    "GET /console/trends",
    "GET /console/groups",
    "GET /console/rates",
    "GET /console/responses",
    "GET /console/calls",
    "GET /console/calls/{interaction}",
    "GET /console/files/all.zip",
    "GET /console/files/{what}.csv",
    "GET /console/formulas",
    "GET /console/alerts",
    "GET /console/account",
    "POST /console/account/password",
    "GET /console/account/second-factor",
    "POST /console/account/second-factor",
    "POST /console/account/second-factor/codes",
    "POST /console/account/second-factor/remove",
    "POST /console/sign-out",
    "POST /console/theme",
}
PAGES_OF_OTHERS = {
    "GET /console/{path:path}",
    "GET /console/changes",
    "POST /console/changes/{change}/undo",
    "GET /console/deliveries",
    "GET /console/documents/{kind}/{identity}",
    "POST /console/documents/{kind}/{identity}",
    "GET /console/doubts",
    "POST /console/doubts/{doubt}",
    "POST /console/alerts",
    "POST /console/alerts/{rule}",
    "POST /console/alerts/{rule}/remove",
    "GET /console/flows",
    "POST /console/flows/{flow}",
    "GET /console/flows/{flow}/edit",
    "POST /console/flows/{flow}/edit",
    "POST /console/flows/{flow}/remove",
    "GET /console/new-flow",
    "POST /console/new-flow",
    "GET /console/legal-notice",
    "POST /console/legal-notice",
    "POST /console/numbers/{number}",
    "GET /console/setup",
    "GET /console/studies",
    "POST /console/studies",
    "GET /console/studies/{study}",
    "GET /console/users",
    "POST /console/users",
    "POST /console/users/{user}",
    "POST /console/users/strict",
    "POST /console/users/{user}/second-factor",
    "POST /console/users/{user}/disable",
    "POST /console/users/{user}/link",
    "POST /console/users/{user}/sign-out",
    "GET /console/webhooks",
    "POST /console/webhooks",
    "GET /console/webhooks/{endpoint}",
    "POST /console/webhooks/{endpoint}",
    "GET /console/webhooks/{endpoint}/{message}",
    "POST /console/webhooks/{endpoint}/remove",
    "POST /console/webhooks/{endpoint}/replay",
    "POST /console/webhooks/{endpoint}/secret",
    "POST /console/webhooks/{endpoint}/test",
}
PAGES_OF_NOBODY = {  # before anybody is signed in
    "GET /console/provider",
    "GET /console/provider/back",
    "GET /console/second-factor",
    "POST /console/second-factor",
    "GET /console/sign-in",
    "POST /console/sign-in",
    "GET /console/sign-in/{secret}",
    "POST /console/sign-in/{secret}",
    "GET /console/static/{digest}/{name}",
}


def _declared() -> Iterator[tuple[str, Who]]:
    channels = [_OF_A_CHANNEL.replace("{channel}", one) for one in ("sms", "ivr", "whatsapp")]
    for line in "".join([_ROUTES, *channels]).splitlines():
        if line:
            who, _, route = line.partition(" ")
            yield route.strip(), Who(who)


ROUTES: Mapping[str, Who] = dict(_declared())

#!/bin/sh
# A call that ended just now, as Aircall's webhook tells it. Usage: aircall.sh [CALLER]
now=$(date +%s)
caller=${1:-+1802555010$((now % 10))}
cat <<END
{"resource": "call", "event": "call.ended", "timestamp": $((now + 1)), "token": "unused",
 "data": {"id": $now, "direction": "inbound", "status": "done", "missed_call_reason": null,
  "started_at": $((now - 120)), "answered_at": $((now - 110)), "ended_at": $now, "duration": 120,
  "raw_digits": "$caller",
  "number": {"id": 1, "name": "billing", "digits": "+1 202-555-0190", "country": "US"},
  "user": {"id": 7, "name": "Ada Example", "email": "ada@example.com"},
  "teams": [{"id": 3, "name": "billing"}], "tags": [], "comments": [],
  "recording": null, "voicemail": null, "archived": false}}
END

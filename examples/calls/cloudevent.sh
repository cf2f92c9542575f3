#!/bin/sh
# A call that ended just now, as a CloudEvent of your own code. Usage: cloudevent.sh [CALLER]
now=$(date +%s)
caller=${1:-+1860555014$((now % 10))}
cat <<END
{"specversion": "1.0", "type": "interaction.ended.v1", "source": "/my/pbx", "id": "e-$now",
 "workspace": "${AFTERCALL_WORKSPACE:-demo}",
 "data": {"id": "call-$now", "kind": "call", "ending": "connected", "direction": "inbound",
  "address": "$caller", "our_number": "+12025550191", "queue": "support", "talk_seconds": 110,
  "ended_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)"}}
END

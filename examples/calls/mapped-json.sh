#!/bin/sh
# A call that ended just now, in a format of somebody's own; the source's mapping says what is what
# (here the demo's). Usage: mapped-json.sh [CALLER]
now=$(date +%s)
caller=${1:-+1808555013$((now % 10))}
cat <<END
{"call": {"ref": "ref-$now", "way": "in", "result": "ANSWERED", "began_ms": $((now - 120))000,
  "finished_ms": ${now}000, "talk_ms": 110000, "transfers": 0},
 "customer": {"phone": "$caller"}, "operator": {"code": "7", "name": "Ada Example"},
 "department": {"name": "billing", "number": "+12025550190"}}
END

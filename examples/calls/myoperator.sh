#!/bin/sh
# A call that ended just now, as MyOperator's After Call webhook tells it.
# Usage: myoperator.sh [CALLER]
now=$(date +%s)
caller=${1:-+1804555012$((now % 10))}
cat <<END
{"_ai": "call-$now", "_ci": "5c00000000000001", "_so": "1", "_cr": "${caller#+1}",
 "_cl": "$caller", "_cy": "1", "_se": "US", "_ts": $((now + 1)), "_st": $((now - 120)),
 "_ms": $((now - 120))000, "_et": $now, "_dr": "00:02:00", "_ty": 1, "_ev": 1, "_su": 1,
 "_dn": "sales", "_ld": [{"_ds": "ANSWER", "_did": "2025550192",
  "_rr": [{"_id": "5c00000000000003", "_na": "Ada Example", "_em": "ada@example.com", "_ex": "10"}],
  "_su": "1", "_st": $((now - 110)), "_et": $now, "_dr": "00:01:50", "_ac": "received"}]}
END

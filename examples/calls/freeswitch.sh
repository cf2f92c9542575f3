#!/bin/sh
# A call that ended just now, as FreeSWITCH's mod_json_cdr tells it. Usage: freeswitch.sh [CALLER]
now=$(date +%s)
caller=${1:-+1803555011$((now % 10))}
cat <<END
{"core-uuid": "6d1f0000-0000-4000-8000-000000000001", "switchname": "fs1",
 "channel_data": {"state": "CS_REPORTING", "direction": "inbound"},
 "variables": {"uuid": "cdr-$now", "direction": "inbound", "hangup_cause": "NORMAL_CLEARING",
  "start_epoch": "$((now - 120))", "answer_epoch": "$((now - 118))",
  "bridge_epoch": "$((now - 110))", "end_epoch": "$now", "duration": "120", "billsec": "118",
  "bridge_uuid": "cdr-$now-b", "last_app": "callcenter", "last_arg": "support%40default",
  "cc_side": "member", "cc_queue": "support%40default", "cc_agent": "1001%40default",
  "cc_queue_joined_epoch": "$((now - 118))", "cc_queue_answered_epoch": "$((now - 110))",
  "cc_queue_terminated_epoch": "$now", "cc_cause": "answered"},
 "callflow": [{"profile_index": "1", "caller_profile": {"caller_id_name": "A caller",
  "caller_id_number": "$caller", "destination_number": "12025550191", "uuid": "cdr-$now"}}]}
END

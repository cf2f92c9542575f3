-- Recordings that came late before this was noted, and were passed by.
insert into orchestrator.retention_late (workspace, kind, at)
select d.workspace, r.kind, d.decided_at
from orchestrator.retention r join orchestrator.decisions d using (workspace)
where r.kind = 'recordings' and d.decided_at < r.done_until
    and (position('"recording_url"'::bytea in d.event) > 0
         or substring(d.event from 1 for 1) = '\x01');

-- An amendment brings a recording to a decision that is old: who clears goes back to it
-- (common.database.retention), whoever wrote it. What else it may bring, no old decision takes.
create table orchestrator.retention_late (
    workspace text collate "C" not null,
    kind text not null,
    at timestamptz not null             -- when it was decided
);
create index retention_late_at on orchestrator.retention_late (workspace, kind, at);

create function orchestrator.note_late() returns trigger language plpgsql as $$
begin
    insert into orchestrator.retention_late (workspace, kind, at)
    values (new.workspace, 'recordings', new.decided_at);
    return null;
end $$;

-- Deciding inserts, and pays nothing for it. Whether there is one in what is sealed (it begins with
-- 0x01) nobody sees here; whose person is forgotten (the zero id) is amended no more.
create trigger decisions_late after update of event on orchestrator.decisions
    for each row when (new.decided_at < now() - interval '20 hours'
        and new.contact_id is distinct from '00000000-0000-0000-0000-000000000000'
        and (position('"recording_url"'::bytea in new.event) > 0
             or substring(new.event from 1 for 1) = '\x01'))
    execute function orchestrator.note_late();

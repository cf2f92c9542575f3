-- People who are asked without a call: brought by a file or the API, asked some at a time.
create table orchestrator.audiences (
    workspace text collate "C" not null,
    id text collate "C" not null,
    state text not null,                -- paused | running | done | ended
    per_hour integer not null,
    next_at timestamptz not null,       -- when the next of them are taken
    made_at timestamptz not null,
    made_by text not null,
    changed_at timestamptz not null,
    primary key (workspace, id)
);
create index audiences_running on orchestrator.audiences (next_at) where state = 'running';

create table orchestrator.audience_people (
    workspace text collate "C" not null,
    audience_id text collate "C" not null,
    contact_id uuid not null,
    person bytea,                       -- domain.audience.Person; null: decided about, or forgotten
    taken_at timestamptz,               -- when it was decided, or is just being
    reason text,                        -- why they were not asked; '': they were
    primary key (workspace, audience_id, contact_id)
) with (fillfactor = 80);
create index audience_people_contact on orchestrator.audience_people (workspace, contact_id);
create index audience_people_open on orchestrator.audience_people (workspace, audience_id)
    where person is not null;

-- What is reckoned in the background, how far it is, and what came of it.
create table analytics.studies (
    workspace text not null,
    id uuid not null,
    kind text not null,                     -- drivers, ranking
    question json not null,                 -- the filter, as it was understood
    state text not null default 'waiting',  -- waiting, running, done, failed
    progress real not null default 0,       -- 0 to 1
    problem text,
    result json,
    asked_at timestamptz not null,
    done_at timestamptz,
    lease_until timestamptz,                -- who runs it has it until then
    primary key (workspace, id)
);
create index studies_open on analytics.studies (asked_at) where state in ('waiting', 'running');

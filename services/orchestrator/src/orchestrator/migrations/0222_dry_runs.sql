-- Drafts that are played over past calls: what was asked for, how far it is, and what came of it.
create table orchestrator.dry_runs (
    workspace text collate "C" not null,
    id uuid not null,
    draft jsonb not null,               -- sections of a configuration file
    since timestamptz not null,
    until timestamptz not null,
    state text not null,                -- waiting | running | done | failed | cancelled
    played integer not null default 0,
    calls integer,                      -- to be played; null: not counted yet
    result jsonb,
    error text,
    asked_by text not null,
    asked_at timestamptz not null,
    leased_until timestamptz,           -- running: who plays it lives, until then
    primary key (workspace, id)
);
create index dry_runs_open on orchestrator.dry_runs (asked_at)
    where state in ('waiting', 'running');

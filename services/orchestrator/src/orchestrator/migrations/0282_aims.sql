-- What flows that aim at answers go by: the calls that could have been asked about, and the asks, of
-- this period and the one before.
create table orchestrator.aimed_calls (
    workspace text collate "C" not null,
    flow_id text collate "C" not null,
    counted_by text collate "C" not null,   -- agent, team, queue, flow
    name text collate "C" not null,         -- '': the flow; an interaction that told none
    since timestamptz not null,
    calls integer not null,
    primary key (workspace, flow_id, counted_by, name, since)
) with (fillfactor = 50);
create table orchestrator.aimed_asks (
    workspace text collate "C" not null,
    flow_id text collate "C" not null,
    counted_by text collate "C" not null,
    name text collate "C" not null,
    since timestamptz not null,
    invitation_id uuid not null,
    primary key (workspace, flow_id, counted_by, name, since, invitation_id)
);

-- What quotas count: one row for each name they count by, of its latest period.
create table orchestrator.quota_asks (
    workspace text collate "C" not null,
    flow_id text collate "C" not null,
    counted_by text collate "C" not null,   -- flow, agent, team, queue
    name text collate "C" not null,         -- '': the flow; an interaction that told none
    per text collate "C" not null,          -- hour, day, week
    since timestamptz not null,
    asks integer not null,
    primary key (workspace, flow_id, counted_by, name, per)
) with (fillfactor = 50);

-- What caps of agents, teams and queues count: their recent asks, a line of JSON each.
create table orchestrator.cap_asks (
    workspace text collate "C" not null,
    counted_by text collate "C" not null,
    name text collate "C" not null,
    asks bytea not null,
    primary key (workspace, counted_by, name)
) with (fillfactor = 50);

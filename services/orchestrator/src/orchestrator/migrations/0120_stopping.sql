-- Flows that were switched off, until all that they had planned is cancelled. The switch itself
-- writes this row and no other: from its commit on nothing of the flow is handed over or claimed.
create table orchestrator.stopping (
    workspace text collate "C" not null,
    flow_id text collate "C" not null,
    looked_until timestamptz not null,  -- steps that could be sent until then are cancelled
    primary key (workspace, flow_id)
);

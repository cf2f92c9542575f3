-- Amendments that came before their interaction was decided: kept for a day, and applied then.
create table orchestrator.early_amendments (
    workspace text collate "C" not null,
    interaction_id uuid not null,
    revision bigint not null,
    contact_id uuid,                    -- null: none is told
    event bytea not null,               -- as it was published
    came_at timestamptz not null,
    primary key (workspace, interaction_id, revision)
);
create index early_amendments_of_contact on orchestrator.early_amendments (workspace, contact_id);
create index early_amendments_age on orchestrator.early_amendments (came_at);

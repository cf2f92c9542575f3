-- Whose address it is, where a source told a customer id or somebody said so (`linked_by_hand`: over
-- what sources tell, also that it is nobody else's). A row of `persons` is what those wait for who
-- decide about any of a person's addresses.
alter table orchestrator.contacts
    add column person uuid,
    add column linked_at timestamptz,
    add column linked_by_hand boolean not null default false;
create table orchestrator.persons (
    workspace text collate "C" not null,
    id uuid not null,
    primary key (workspace, id)
);

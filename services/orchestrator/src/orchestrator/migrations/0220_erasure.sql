-- Who was erased, and until when. What they allow stays, for that is what protects them.
alter table orchestrator.contacts add column erased_at timestamptz;
-- Whose call it was; the nil id: nobody's (hidden, or erased). Null: by the version before.
alter table orchestrator.decisions add column contact_id uuid;

-- Requests to delete everything about a contact, and which service has.
create table orchestrator.erasures (
    workspace text collate "C" not null,
    id uuid not null,
    contact_id uuid not null,
    erased_at timestamptz not null,
    asked_by text not null,
    looked_until uuid not null,         -- decisions up to this interaction are without the person
    deleted_at timestamptz,             -- here
    primary key (workspace, id)
);
create index erasures_open on orchestrator.erasures (erased_at) where deleted_at is null;
create table orchestrator.erasure_reports (
    workspace text collate "C" not null,
    erasure_id uuid not null,
    service text not null,
    done_at timestamptz not null,
    primary key (workspace, erasure_id, service)
);

-- Who was erased, and until when: what is about them from before then changes nothing.
alter table {schema}.contacts add column erased_at timestamptz;
-- Of whom something is still to be deleted: once nothing is on its way to them, or from them.
create table {schema}.erasures (
    workspace text not null,
    contact_id uuid not null,
    erased_at timestamptz not null,
    primary key (workspace, contact_id, erased_at)
);

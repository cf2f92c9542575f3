-- Who was erased, and until when: what is told of them from before then leaves nothing of them here.
create table analytics.tombstones (
    workspace  text not null,
    contact_id uuid not null,
    erased_at  timestamptz not null,
    primary key (workspace, contact_id)
);

-- Who was erased, and until when: what is told of them from before then is not told on.
create table closed_loop.tombstones (
    workspace  text not null,
    contact_id uuid not null,
    erased_at  timestamptz not null,
    primary key (workspace, contact_id)
);

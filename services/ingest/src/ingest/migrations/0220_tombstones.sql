-- Who was erased, and until when: parts that tell of them from before then are not kept.
create table ingest.tombstones (
    workspace  text not null,
    contact_id uuid not null,
    erased_at  timestamptz not null,
    primary key (workspace, contact_id)
);
-- Whose call a part is of; the nil id: nobody's that is known. Null: by the version before.
alter table ingest.parts add column contact_id uuid;

create table config.version (
    only_row boolean primary key default true check (only_row),
    version bigint not null
);
insert into config.version (version) values (1);

create table config.documents (
    workspace text not null,
    kind text not null,
    id text not null,
    version integer not null,           -- of this document, counts its changes
    body jsonb not null,
    enabled_since timestamptz,          -- flows: when it was last switched on
    changed_at timestamptz not null default now(),
    primary key (workspace, kind, id)
);
-- A source is named in URLs and topics without its workspace.
create unique index documents_source on config.documents (id) where kind = 'source';
-- A number that answers come to belongs to one workspace; checked by the orchestrator on apply.

create table config.changes (
    id bigint generated always as identity primary key,
    workspace text not null,
    kind text not null,
    document text not null,
    version integer not null,
    before jsonb,
    after jsonb,
    changed_at timestamptz not null default now(),
    changed_by text not null
);

create table config.api_keys (
    id text primary key,                -- the public part of the key
    workspace text,                     -- null: every workspace (the operator's key)
    name text not null,
    hash bytea not null,                -- SHA-256 of the secret part (256 random bits)
    scopes text[] not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

create view config.current_documents as
    select workspace, kind, id, version, body, enabled_since from config.documents;
create view config.current_version as select version from config.version;
create view config.usable_api_keys as
    select id, workspace, name, hash, scopes from config.api_keys
    where revoked_at is null and (expires_at is null or expires_at > now());

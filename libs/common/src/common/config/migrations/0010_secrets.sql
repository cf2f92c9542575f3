-- Secrets of workspaces, sealed by a master key of the operator's (common.sealing). They are written
-- and never told; a write moves the configuration's version, so that every service opens the new one.
create table config.secrets (
    workspace text not null,
    name text not null,
    version integer not null,           -- counts its writes
    key integer not null,               -- the number of the master key
    box bytea not null,                 -- nonce and ciphertext
    written_at timestamptz not null default now(),
    written_by text not null,
    primary key (workspace, name)
);
create view config.current_secrets as select workspace, name, key, box from config.secrets;

-- When a key was last good for a request, to the minute. Every service checks keys and only the
-- orchestrator writes here, hence a function.
alter table config.api_keys add column last_used_at timestamptz;
create function config.note_key_use(used text) returns void
    language sql security definer set search_path = pg_catalog
    as $$
        update config.api_keys set last_used_at = now()
        where id = used and (last_used_at is null or last_used_at < now() - interval '1 minute')
    $$;

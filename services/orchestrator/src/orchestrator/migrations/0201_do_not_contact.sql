-- Lists of people who are not to be asked. A list is what one load brought; loading it again makes
-- another one, which takes its place when it is whole.
create table orchestrator.do_not_contact_lists (
    workspace text collate "C" not null,
    id text collate "C" not null,
    load bigint not null,
    entries integer not null,
    loaded_at timestamptz not null,
    loaded_by text not null,
    primary key (workspace, id)
);

-- Loads that are being brought, and those whose list has another one now (`over`): their entries
-- are deleted bit by bit.
create table orchestrator.do_not_contact_loads (
    workspace text collate "C" not null,
    load bigint generated always as identity,
    list_id text collate "C" not null,
    entries integer not null default 0,
    began_at timestamptz not null,
    over boolean not null default false,
    primary key (workspace, load)
);

create table orchestrator.do_not_contact (
    workspace text collate "C" not null,
    load bigint not null,
    contact_id uuid not null,
    address text not null,
    primary key (workspace, load, contact_id)
);

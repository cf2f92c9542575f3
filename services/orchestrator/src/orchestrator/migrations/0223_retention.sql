-- How far what is too old to be kept is gone, by kind.
create table orchestrator.retention (
    workspace text collate "C" not null,
    kind text not null,
    done_until timestamptz not null,
    primary key (workspace, kind)
);

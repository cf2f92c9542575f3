-- What the ceiling of numbers that begin alike counts: one row per beginning, of its latest hour.
create table orchestrator.prefix_asks (
    workspace text collate "C" not null,
    prefix text collate "C" not null,
    hour timestamptz not null,
    asks integer not null,
    primary key (workspace, prefix)
) with (fillfactor = 50);

-- Of calls: how long one was, as the provider told; how many were placed on a day of the workspace.
-- Of any send: why it was called back after it was claimed, when it may or may not be seen yet.
alter table {schema}.sends add column seconds integer;
alter table {schema}.sends add column called_back text;
create table {schema}.placed (
    workspace text not null,
    day date not null,           -- of the workspace's zone
    calls integer not null,
    primary key (workspace, day)
);

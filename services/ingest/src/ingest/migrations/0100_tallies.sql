-- How many callers of a source have no usable number, by day (UTC); problem '' counts all of them.
create table ingest.tallies (
    workspace text not null,
    source text not null,
    day date not null,
    problem text not null,
    count bigint not null,
    primary key (workspace, source, day, problem)
);
create index tallies_day on ingest.tallies (day);

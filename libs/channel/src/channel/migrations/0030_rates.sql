-- What a sender number has used of its rate: one row per lane, shared by all replicas, and still
-- there after a restart. A version that does not know it goes by its own bucket.
create table {schema}.rates (
    workspace text not null,
    account text not null,
    sender text not null,
    spent_until timestamptz not null, -- by then the rate has made good what went out
    granted integer not null,         -- to whoever asked last
    primary key (workspace, account, sender)
) with (fillfactor = 20);

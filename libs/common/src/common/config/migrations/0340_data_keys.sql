-- Keys of workspaces that rows are sealed by (common.sealing), wrapped by a master key of the
-- operator's. Made by whichever service first has something to seal; the highest number seals.
create table config.data_keys (
    workspace text not null,
    number integer not null,
    master_key integer not null,        -- its number
    box bytea not null,                 -- nonce and ciphertext
    made_at timestamptz not null default now(),
    primary key (workspace, number)
);

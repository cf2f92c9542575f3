-- Documents that somebody is still writing: kept as they are, however wrong, and used by nothing.
create table config.drafts (
    workspace text not null,
    kind text not null,
    id text not null,
    body jsonb not null,
    base jsonb,                         -- the document when the draft began; null: there was none
    written_at timestamptz not null,
    written_by text not null,
    primary key (workspace, kind, id)
);

-- Links that people were told after they answered, and how often they were opened. Where one leads
-- is what the configuration says when it is opened. Opening changes nothing but these counts, which
-- stand in no index, so a row stays in place.
create table {schema}.links (
    token_hash bytea primary key, -- whoever knows the token may open it; we need not
    workspace text not null,
    invitation_id uuid not null,
    contact_id uuid not null,
    survey_id text not null,
    link text not null,           -- its id in the configuration
    our_number text,              -- that the caller had called: it may have links of its own
    band text,                    -- of the score when it was told
    test boolean not null default false,
    told_at timestamptz not null,
    opened integer not null default 0,   -- by a person, as far as can be told
    previews integer not null default 0, -- by a program: a preview, a scanner
    opened_at timestamptz                -- by a person, the first time
) with (fillfactor = 80);
create index links_counted on {schema}.links (workspace, told_at);

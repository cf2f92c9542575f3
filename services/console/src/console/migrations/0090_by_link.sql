-- Whoever came by a link may choose a password without knowing the one before.
alter table {schema}.sessions add column by_link boolean not null default false;

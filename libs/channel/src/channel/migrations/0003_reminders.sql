-- A step that continues what an earlier one began; with a constant default no row is rewritten.
alter table {schema}.sends add column reminder boolean not null default false;

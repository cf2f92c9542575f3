-- How often an interaction was told again as something else.
alter table orchestrator.decisions add column differing integer not null default 0;

-- What the provider calls a template, where that is no name of ours.
alter table {schema}.templates add column sid text not null default '';

-- Who somebody is at the company's own provider: its issuer and their subject there.
alter table {schema}.users add column oidc_subject text;
create unique index users_oidc on {schema}.users (oidc_subject);

-- By which channel whoever answered on the telephone was told the closing words; null: by none.
alter table {schema}.invitations add column note text;

-- How long a person at our customer's spoke with who was called, after the questions.
alter table {schema}.sends add column transferred integer;

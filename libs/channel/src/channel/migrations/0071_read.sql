-- When the person saw a message, where the provider tells it. In no index, so a row stays in place.
alter table {schema}.sends add column if not exists read_at timestamptz;

-- By which somebody opts out: in which language its page speaks, and when it was last confirmed.
alter table {schema}.links
    add column language text,
    add column opted_out_at timestamptz;

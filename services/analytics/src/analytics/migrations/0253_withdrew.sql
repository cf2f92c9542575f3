-- When the person opted out, of the ask that this was said to.
alter table analytics.facts add column withdrew_at timestamptz;

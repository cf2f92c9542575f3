-- When they last opted out by a link, whichever of the links they have.
alter table {schema}.contacts add column pressed_at timestamptz;

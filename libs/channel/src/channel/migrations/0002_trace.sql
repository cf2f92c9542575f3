-- W3C trace context, for the log line of the request; without a default no row is rewritten.
alter table {schema}.sends add column traceparent text;

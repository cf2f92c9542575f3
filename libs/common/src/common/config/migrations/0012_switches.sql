-- A flow is on by `true` alone; other words for it were taken, and were looked at in different ways.
update config.documents d
set body = jsonb_set(body, '{enabled}', to_jsonb(is_on)),
    enabled_since = case when is_on then coalesce(enabled_since, now()) end
from (
    select workspace, kind, id,
        lower(body ->> 'enabled') in ('1', '1.0', 'true', 't', 'yes', 'y', 'on') as is_on
    from config.documents
    where kind = 'flow' and jsonb_typeof(body -> 'enabled') in ('string', 'number')
) meant
where (d.workspace, d.kind, d.id) = (meant.workspace, meant.kind, meant.id);

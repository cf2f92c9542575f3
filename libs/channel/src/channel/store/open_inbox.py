"""The beginning of statements about what is open in the inbox, workspace by workspace."""

# `those`: workspaces with something open, by one look each, however much it is; at last a null.
WORKSPACES = """
    with recursive those as (
        (select workspace from {schema}.inbox where done_at is null order by workspace limit 1)
        union all
        select (select i.workspace from {schema}.inbox i
                where i.done_at is null and i.workspace > t.workspace order by i.workspace limit 1)
        from those t where t.workspace is not null
    )
"""

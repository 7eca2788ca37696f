{% test versions_follow_each_other(model) %}
    {#- Per media: no version ends before it starts, each starts when the one before ends, exactly one is current. -#}
    with

    versions as (

        select
            media_id,
            version_number,
            valid_from_at,
            valid_to_at,
            lead(valid_from_at) over (partition by media_id order by version_number) as next_from_at,
            count_if(is_current) over (partition by media_id) as current_count
        from {{ model }}

    )

    select
        media_id,
        version_number,
        current_count
    from versions
    where
        valid_to_at < valid_from_at
        or valid_to_at is distinct from next_from_at
        or current_count <> 1
{% endtest %}

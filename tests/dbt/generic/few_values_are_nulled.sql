{% test few_values_are_nulled(model) %}
    {#-
        Columns in which more than nulled_share_threshold of the rows are null because Wistia's value did not fit
        (`nulled_columns`). The original value is in `extra_fields` of these rows.
    -#}
    with

    row_counts as (

        select count(*) as row_count from {{ model }}

    ),

    nulled as (

        select
            nulled_column.column_name,
            count(*) as nulled_count
        from {{ model }}
        cross join unnest(nulled_columns) as nulled_column (column_name)
        group by nulled_column.column_name

    )

    select
        nulled.column_name,
        nulled.nulled_count,
        row_counts.row_count,
        cast(nulled.nulled_count as double) / row_counts.row_count as nulled_share
    from nulled
    cross join row_counts
    where nulled.nulled_count > {{ _nulled_share_threshold() }} * row_counts.row_count
{% endtest %}

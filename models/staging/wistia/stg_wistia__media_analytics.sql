with

source as (

    select * from {{ source('wistia_staging', 'media_analytics') }}

),

renamed as (

    select
        -- keys
        media_id,
        bucket_started_at,
        event_date,

        plays as play_count,
        unique_plays as unique_play_count,
        unique_loads as unique_load_count,
        unique_visitors as unique_visitor_count,
        play_rate,
        engagement_rate,
        played_seconds,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed

with

source as (

    select * from {{ source('wistia_staging', 'visitors') }}

),

renamed as (

    select
        -- keys
        visitor_id,

        created_at,
        last_active_at,
        snapshot_date,

        load_count,
        play_count,

        browser,
        platform,
        is_mobile,
        has_identity,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed

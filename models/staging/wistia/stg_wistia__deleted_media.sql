with

source as (

    select * from {{ source('wistia_staging', 'deleted_media') }}

),

renamed as (

    select
        -- keys
        media_id,
        folder_id,

        -- what it was
        media_name,
        media_type,
        folder_name,
        duration_seconds,
        page_count,

        -- times
        deleted_at,
        snapshot_date,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns
    from source

)

select * from renamed

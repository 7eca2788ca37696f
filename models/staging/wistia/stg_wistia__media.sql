with

source as (

    select * from {{ source('wistia_staging', 'media') }}

),

renamed as (

    select
        -- keys
        media_id,
        media_numeric_id,
        folder_id,
        folder_numeric_id,
        subfolder_id,

        -- description
        media_name,
        media_type,
        status,
        section,
        description,
        tags,
        is_archived,
        is_protected,

        -- folder
        folder_name,
        subfolder_name,

        -- file
        duration_seconds,
        page_count,
        progress,
        asset_count,
        original_file_bytes,
        original_width,
        original_height,
        thumbnail_url,
        thumbnail_width,
        thumbnail_height,

        -- times
        created_at,
        updated_at,
        snapshot_date,

        -- lineage
        ingested_at,
        run_id,
        _extra as extra_fields,
        _nulled as nulled_columns,
        _is_partial as is_partial_list
    from source

)

select * from renamed

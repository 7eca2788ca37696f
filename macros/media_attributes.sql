{#
    The attributes of a media that a version keeps, in one place: the versions read them from snapshots
    and from themselves, and a column that one of the two forgot would silently be null.
#}

{% macro _media_attribute_types() -%}
    {{ return({
        'media_numeric_id': 'bigint', 'media_name': 'varchar', 'media_type': 'varchar', 'status': 'varchar',
        'section': 'varchar', 'description': 'varchar', 'tags': 'array(varchar)', 'is_archived': 'boolean',
        'is_protected': 'boolean', 'folder_id': 'varchar', 'folder_numeric_id': 'bigint',
        'folder_name': 'varchar', 'subfolder_id': 'varchar', 'subfolder_name': 'varchar',
        'duration_seconds': 'double', 'progress': 'double', 'asset_count': 'integer',
        'original_file_bytes': 'bigint', 'original_width': 'integer', 'original_height': 'integer',
        'thumbnail_url': 'varchar', 'thumbnail_width': 'integer', 'thumbnail_height': 'integer',
        'created_at': 'timestamp', 'updated_at': 'timestamp',
    }) }}
{%- endmacro %}


{% macro media_attributes(relation=none, cast_timestamps=false) -%}
    {#- The attribute columns, of a relation if one is named; cast_timestamps for the final select. -#}
    {%- for name, type in _media_attribute_types().items() -%}
        {%- set column = (relation ~ '.' ~ name) if relation else name -%}
        {%- if type == 'timestamp' and cast_timestamps -%}
            {{ cast_timestamp(column) }} as {{ name }}
        {%- else -%}
            {{ column }}
        {%- endif -%}
        {{ ",\n        " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro media_attributes_of_no_media() -%}
    {%- for name, type in _media_attribute_types().items() -%}
        cast(null as {{ type }}) as {{ name }}{{ ",\n        " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

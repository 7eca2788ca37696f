{#
    The attributes of a media that a version keeps, in one place. The versions read them from snapshots and from
    themselves: a column that one of the two left out would be null without any error. A new attribute in this list
    also opens versions, because the hash is made from the list.
#}

{% macro _media_attribute_types() -%}
    {#- {attribute: type}, in the order of the contract of media_versions and of the hash. -#}
    {{ return({
        'media_numeric_id': 'bigint', 'media_name': 'varchar', 'media_type': 'varchar', 'status': 'varchar',
        'section': 'varchar', 'description': 'varchar', 'tags': 'array(varchar)', 'is_archived': 'boolean',
        'is_protected': 'boolean', 'folder_id': 'varchar', 'folder_numeric_id': 'bigint',
        'folder_name': 'varchar', 'subfolder_id': 'varchar', 'subfolder_name': 'varchar',
        'duration_seconds': 'double', 'page_count': 'integer', 'progress': 'double', 'asset_count': 'integer',
        'original_file_bytes': 'bigint', 'original_width': 'integer', 'original_height': 'integer',
        'thumbnail_url': 'varchar', 'thumbnail_width': 'integer', 'thumbnail_height': 'integer',
        'created_at': 'timestamp', 'updated_at': 'timestamp',
    }) }}
{%- endmacro %}


{% macro _media_attributes_without_versions() -%}
    {#-
        {attribute: reason} of the attributes whose change opens no version. Today there is none: each attribute of
        the list above opens one. The hash leaves these out.
    -#}
    {{ return({}) }}
{%- endmacro %}


{% macro media_attributes(relation=none, cast_timestamps=false, only=none) -%}
    {#-
        The attribute columns, of `relation` if one is given. Pass cast_timestamps in the final select. `only` lists
        the names that the relation has; the others are null.
    -#}
    {%- for name, type in _media_attribute_types().items() -%}
        {%- set column = column_or_null((relation ~ '.' ~ name) if relation else name, type, only) -%}
        {%- if type == 'timestamp' and cast_timestamps -%}
            {{ cast_timestamp(column) }} as {{ name }}
        {%- else -%}
            {{ column }} as {{ name }}
        {%- endif -%}
        {{ ",\n        " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro media_attributes_of_either(relation, otherwise, only) -%}
    {#- The attribute columns of `relation`; for a row that only `otherwise` has, its columns `only`. -#}
    {%- for name in _media_attribute_types() -%}
        {%- if name in only -%}
            case when {{ relation }}.media_id is null then {{ otherwise }}.{{ name }} else {{ relation }}.{{ name }} end as {{ name }}
        {%- else -%}
            {{ relation }}.{{ name }}
        {%- endif -%}
        {{ ",\n        " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro media_attributes_hash() -%}
    {#-
        Hash of the attribute columns. Text keeps doubles exact, and JSON distinguishes null from ''. Timestamps have
        the milliseconds of staging, so that a version and its snapshot have the same hash.
    -#}
    to_hex(md5(to_utf8(json_format(cast(
        array[
            {%- for name, type in _media_attribute_types().items() if name not in _media_attributes_without_versions() %}
            {% if type == 'timestamp' -%}
            cast(cast({{ name }} as timestamp(3)) as varchar)
            {%- elif type == 'array(varchar)' -%}
            json_format(cast({{ name }} as json))
            {%- elif type == 'varchar' -%}
            {{ name }}
            {%- else -%}
            cast({{ name }} as varchar)
            {%- endif -%}
            {{ ',' if not loop.last }}
            {%- endfor %}
        ] as json
    )))))
{%- endmacro %}


{% macro existing_columns(relation) -%}
    {#-
        Names of the columns of a table as the last run left it, or none if they are unknown: in a unit test, `this` is
        the name of its fixture. A column that a new version of the project adds is missing on the first night.
    -#}
    {%- set columns = adapter.get_columns_in_relation(relation) if execute and relation is not string else [] -%}
    {{ return((columns | map(attribute='name') | list) or none) }}
{%- endmacro %}


{% macro column_or_null(name, type, columns) -%}
    {#- A column, or a typed null if `columns` does not contain its name (none: every column exists). -#}
    {%- if columns is none or name.split('.')[-1] in columns -%}
        {{ name }}
    {%- else -%}
        cast(null as {{ type }})
    {%- endif -%}
{%- endmacro %}

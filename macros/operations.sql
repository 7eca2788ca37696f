{#
    Operations, typed as `dbt run-operation NAME`. The nightly machinery calls upkeep once a week.
#}

{% macro upkeep() -%}
    {#-
        OPTIMIZE writes the small files of many nights together and drops deleted rows; VACUUM expires
        snapshots and removes files that nothing points to. The adapter runs neither.
    -#}
    {%- for relation in _iceberg_relations() -%}
        {%- do log('Upkeep of ' ~ relation.schema ~ '.' ~ relation.identifier, info=true) -%}
        {#- Athena takes no double quotes around the names here. -#}
        {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
        {%- do run_query('optimize ' ~ name ~ ' rewrite data using bin_pack') -%}
        {%- do run_query('vacuum ' ~ name) -%}
    {%- endfor -%}
{%- endmacro %}


{% macro erase_viewer(visitor_id) -%}
    {#-
        Deletes every session of a viewer from the marts and proves that none is left. dim_viewer is a
        view and follows. Totals keep the anonymous counts until their days are built again; the days
        are logged, so that a backfill can be asked for. Old Iceberg snapshots still hold the rows until
        VACUUM expires them: run upkeep when the retention has passed.
    -#}
    {%- if modules.re.match('^[0-9A-Za-z_-]{8,128}$', visitor_id | string) is none -%}
        {{ exceptions.raise_compiler_error(
            "'" ~ visitor_id ~ "' is no visitor_id; give the pseudonym as fact_events shows it."
        ) }}
    {%- endif -%}
    {%- set facts = _relation_of('fact_events') -%}
    {%- set found = run_query(
        "select count(*), cast(min(event_date) as varchar), cast(max(event_date) as varchar) from " ~ facts
        ~ " where visitor_id = '" ~ visitor_id ~ "'"
    ).rows[0] -%}
    {%- do run_query("delete from " ~ facts ~ " where visitor_id = '" ~ visitor_id ~ "'") -%}
    {%- set left = run_query(
        "select count(*) from " ~ facts ~ " where visitor_id = '" ~ visitor_id ~ "'"
    ).rows[0][0] -%}
    {%- if left | int != 0 -%}
        {{ exceptions.raise_compiler_error(
            left ~ " sessions of " ~ visitor_id ~ " are still in " ~ facts ~ ": another run wrote at the same time."
            ~ " Run erase_viewer again when no night is running."
        ) }}
    {%- endif -%}
    {%- do log(
        'Erased ' ~ found[0] ~ ' sessions of ' ~ visitor_id ~ ' from ' ~ facts.identifier ~ ', 0 left; days '
        ~ (found[1] or '-') ~ ' to ' ~ (found[2] or '-') ~ '.', info=true
    ) -%}
{%- endmacro %}


{% macro _iceberg_relations() -%}
    {%- set relations = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
            {%- if node.config.get('table_type') == 'iceberg' and node.package_name == project_name -%}
                {%- do relations.append(_relation_of(node.name)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(relations) }}
{%- endmacro %}


{% macro _relation_of(model_name) -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ model_name) -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{%- endmacro %}

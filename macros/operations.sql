{#
    Operations, started with `dbt run-operation NAME`. A weekly schedule runs upkeep.
#}

{% macro upkeep() -%}
    {#-
        OPTIMIZE merges the small files of many nights and drops deleted rows. VACUUM expires snapshots and removes
        files that no snapshot uses. The adapter runs neither by itself. Athena does so many partitions or files at a
        time and then fails with ICEBERG_…_MORE_RUNS_NEEDED: the adapter's method repeats the statement until it
        succeeds.
    -#}
    {%- for relation in _iceberg_relations() -%}
        {%- do log('Upkeep of ' ~ relation.schema ~ '.' ~ relation.identifier, info=true) -%}
        {#- Athena does not accept double quotes around the names here. -#}
        {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
        {%- do adapter.run_operation_with_potential_multiple_runs(
            'optimize ' ~ name ~ ' rewrite data using bin_pack', 'optimize'
        ) -%}
        {%- do adapter.run_operation_with_potential_multiple_runs('vacuum ' ~ name, 'vacuum') -%}
    {%- endfor -%}
{%- endmacro %}


{% macro erase_viewer(visitor_id) -%}
    {#-
        Deletes every session of a viewer from fact_events and checks that none is left. `make erase` erases everywhere,
        raw files and old snapshots too; this is for a schema without the rest of the stack, such as a developer's.
        dim_viewer is a view and needs nothing. Totals keep the anonymous counts until their days are built again; the
        log names the days for a backfill. Old Iceberg snapshots contain the rows until VACUUM expires them: run upkeep
        after the retention has passed.
    -#}
    {%- if modules.re.match('^[0-9A-Za-z_-]{8,128}$', visitor_id | string) is none -%}
        {{ exceptions.raise_compiler_error(
            "'" ~ visitor_id ~ "' is not a valid visitor_id; pass the pseudonym as fact_events shows it."
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

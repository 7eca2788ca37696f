{#
    `--empty` is a dry run: every ref and source has no rows, the statements are still planned by the engine.
    dbt would then carry out what no rows lead to: a view without rows for good, an empty dim_media, and merges that
    delete the whole window, because nothing that the table holds is in its sources any more. Here nothing that
    exists is changed; what does not exist yet is created without rows, as unit tests need it.
#}

{% materialization view, adapter='athena' -%}
    {{ return(_dry_run() if _is_dry_run() else dbt.materialization_view_athena()) }}
{%- endmaterialization %}


{% materialization table, adapter='athena', supported_languages=['sql', 'python'] -%}
    {{ return(_dry_run() if _is_dry_run() else dbt.materialization_table_athena()) }}
{%- endmaterialization %}


{% materialization incremental, adapter='athena', supported_languages=['sql', 'python'] -%}
    {{ return(_dry_run() if _is_dry_run() else dbt.materialization_incremental_athena()) }}
{%- endmaterialization %}


{% macro _is_dry_run() -%}
    {{ return(flags.EMPTY and load_relation(this) is not none) }}
{%- endmacro %}


{% macro _dry_run() -%}
    {#- Contract and statement are checked by the engine, as in a real run; no row is read. -#}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    {%- call statement('main') -%}
        select * from ({{ compiled_code }}) as dry_run where false
    {%- endcall -%}
    {{ return({'relations': []}) }}
{%- endmacro %}

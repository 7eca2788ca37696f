{#
    `--empty` is a dry run: every ref and source has no rows, but the engine still plans the statements. dbt's own
    materializations would also apply the empty result: a view that stays empty, an empty dim_media, and merges that
    delete the whole window, because no source has its rows. Here an existing relation is not changed, and a missing
    one is created without rows, because unit tests need it.
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
    {#- The engine checks the contract and the statement, as in a real run, and reads no row. -#}
    {%- if config.get('contract').enforced -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
    {%- endif -%}
    {%- call statement('main') -%}
        select * from ({{ compiled_code }}) as dry_run where false
    {%- endcall -%}
    {{ return({'relations': []}) }}
{%- endmacro %}

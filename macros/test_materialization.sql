{% materialization test, adapter='athena' %}
    {#-
        Like dbt's own, but stores failing rows only if there are any. dbt 1.11 creates the table of stored failures
        before it counts them: on Athena that is a CTAS and a drop for each test that passes, 22 more statements per
        night. They are stored as macros/stored_failures.sql says.
    -#}
    {%- set limited_sql = get_limit_subquery_sql(sql, config.get('limit')) -%}
    {%- set relations = [] -%}

    {%- call statement('main', fetch_result=True) -%}
        {{ get_test_sql(
            limited_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none
        ) }}
    {%- endcall -%}

    {%- if should_store_failures() -%}
        {#- Rows of an earlier failure must not stay after the test passes. -#}
        {%- set earlier = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
        {%- if earlier is not none -%}
            {%- do adapter.drop_relation(earlier) -%}
        {%- endif -%}
        {%- if load_result('main')['table'].rows[0][0] | int > 0 -%}
            {%- set stored = api.Relation.create(
                identifier=model['alias'], schema=schema, database=database, type='table'
            ) -%}
            {%- call statement('store_failures') -%}
                {{ create_stored_failures(stored, limited_sql) }}
            {%- endcall -%}
            {%- do relations.append(stored) -%}
        {%- endif -%}
    {%- endif -%}

    {{ return({'relations': relations}) }}
{% endmaterialization %}

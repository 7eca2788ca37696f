{% macro vanished_row(keys, values={}) -%}
    {#-
        The select list of rows that a merge deletes: the key columns, the named values {column: SQL}, and null for
        every other column of the contract, in the contract's order. Use it in a `union all` below the rows that stay,
        whose columns have the same order (a test compares them).
    -#}
    {%- set columns = _contract_columns() if execute else {} -%}
    {%- set unknown = (keys + values | list) | reject('in', columns) | list if execute else [] -%}
    {%- if unknown -%}
        {{ exceptions.raise_compiler_error(
            "vanished_row() names " ~ unknown | join(', ') ~ ", which the contract of " ~ this ~ " does not have."
        ) }}
    {%- endif -%}
    {%- for name, type in columns.items() -%}
        {%- if name in keys -%}
            {{ name }}
        {%- elif name in values -%}
            {{ values[name] }} as {{ name }}
        {%- elif type.startswith('timestamp') -%}
            {{ cast_timestamp('null') }} as {{ name }}
        {%- else -%}
            cast(null as {{ type }}) as {{ name }}
        {%- endif -%}
        {{ ",\n        " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro _contract_columns() -%}
    {#-
        {column: type} of this model's contract. dbt 1.11 does not give the contract to a unit test; it takes the
        columns of the existing table, as dbt does for a fixture of `this`.
    -#}
    {%- set columns = {} -%}
    {%- if model['resource_type'] == 'unit_test' -%}
        {%- set table = api.Relation.create(
            database=model['database'],
            schema=model['schema'],
            identifier=model['tested_node_unique_id'].split('.')[-1]
        ) -%}
        {%- for column in adapter.get_columns_in_relation(table) -%}
            {%- do columns.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for column in model['columns'].values() -%}
            {%- do columns.update({column['name']: column['data_type']}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{%- endmacro %}

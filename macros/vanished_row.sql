{% macro vanished_row(keys, values={}) -%}
    {#-
        The select list of rows that a merge deletes: the key columns, the named values {column: SQL}, and null for
        every other column of the contract, in the contract's order. Use it in a `union all` below the rows that stay,
        whose columns have the same order (a test compares them).
    -#}
    {%- set columns = contract_columns() if execute else {} -%}
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


{% macro contract_columns() -%}
    {#-
        {column: type} of this model's contract. dbt 1.11 does not give the contract to a unit test: a unit test of a
        model with vanished rows overrides this macro with the columns (a test compares them with the contract).
    -#}
    {%- set columns = {} -%}
    {%- for column in model['columns'].values() -%}
        {%- do columns.update({column['name']: column['data_type']}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

"""The dbt task: what the image, and localaws, run for the states whose names start with Dbt."""

"""The dbt task: runs in the image, and on localaws, for the states whose names start with Dbt."""

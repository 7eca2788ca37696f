"""The dbt task: what the image (and localaws) runs for the states DbtFreshness, DbtBuild, DbtDocs."""

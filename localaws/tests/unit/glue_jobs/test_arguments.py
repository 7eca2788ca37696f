"""What a Glue script sees of its arguments."""

from localaws.glue_jobs.arguments import parse
from localaws.glue_jobs.driver import error_message


def test_the_script_gets_its_name_its_run_and_its_own_arguments():
    # GIVEN arguments of which some are Glue's own
    arguments = {
        "--day": "2026-03-02",
        "--TempDir": "s3://b/tmp/",
        "--extra-py-files": "s3://b/a.zip, s3://b/b.zip",
        "--enable-metrics": "true",
        "--flag": "",
    }
    # WHEN they are sorted
    parsed = parse(arguments, job_name="normalize", job_run_id="jr_1")
    # THEN the script sees no set-up, and a flag has no value
    assert parsed.script == [
        *("--JOB_NAME", "normalize", "--JOB_RUN_ID", "jr_1"),
        *("--day", "2026-03-02", "--TempDir", "s3://b/tmp/", "--flag"),
    ]
    assert parsed.python_files == ["s3://b/a.zip", "s3://b/b.zip"]


def test_several_spark_properties_stand_in_one_conf():
    # GIVEN Glue's way to pass two properties, one with spaces
    arguments = {"--conf": "spark.a=1 --conf 'spark.b=x y'"}
    # WHEN they are parsed
    parsed = parse(arguments, job_name="j", job_run_id="r")
    # THEN both are there
    assert parsed.spark == {"spark.a": "1", "spark.b": "x y"}


def test_an_error_message_names_the_line_of_the_script():
    # GIVEN an exception from a script
    script = "job.py"
    try:
        exec(compile("\n\nraise KeyError('column')", script, "exec"))
    except KeyError as error:
        # WHEN it is described
        message = error_message(error, script)
    # THEN it has Glue's form
    expected = "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 3; KeyError: 'column'"
    assert message == expected

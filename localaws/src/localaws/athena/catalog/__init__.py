"""What Athena reads and writes in Glue and S3, in moto's process without HTTP."""

"""Set-up in three steps: a stranger's choices are tried out, written into `conf.yaml` and put on air."""

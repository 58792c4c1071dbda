#!/bin/sh
# stage.sh NAME COMMAND...: run one stage of a check, say how long it took, and leave with its exit code.
name=$1
shift
started=$(date +%s)
"$@"
code=$?
spent=$(($(date +%s) - started))
if [ "$code" -eq 0 ]; then
  printf '== %s: fine, %s s\n' "$name" "$spent"
else
  printf '== %s: FAILED with exit code %s after %s s\n' "$name" "$code" "$spent" >&2
fi
exit "$code"

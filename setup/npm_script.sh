#!/bin/sh
# npm_script.sh FOLDER SCRIPT: run that script of the folder's package.json; no package or no such script is fine.
folder=$1
script=$2
[ -f "$folder/package.json" ] || exit 0
if command -v npm >/dev/null 2>&1; then
  exec npm --prefix "$folder" run --silent --if-present "$script"
fi
if [ -n "$OLV_REQUIRE_NODE" ]; then
  echo "npm is not installed, and OLV_REQUIRE_NODE says that it must be. Install Node 20 or newer." >&2
  exit 1
fi
echo "Skipped: npm is not installed. Install Node 20 or newer to check $folder/."

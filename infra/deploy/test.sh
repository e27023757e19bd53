#!/bin/sh
# Runs the tests: test.sh MARKERS [pytest arguments]. MARKERS is a pytest -m expression.
# Tests marked "browser" need a Chromium: $NEXUS_CHROMIUM or one on PATH. Without one they are left out and named
# at the end, with the line that installs it; where CI=true they count, so it fails.
set -eu
markers=$1
shift
pytest() { .venv/bin/python -m pytest "$@"; }

for name in "${NEXUS_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && NEXUS_CHROMIUM=$(command -v "$name"); then
        export NEXUS_CHROMIUM
        pytest -m "$markers" "$@"
        exit
    fi
done

install="sudo apt-get install chromium"
if [ "${CI:-}" = true ]; then
    echo "There is no Chromium for the browser tests. Install one: $install" >&2
    exit 1
fi
status=0
pytest -m "($markers) and not browser" "$@" || status=$?
echo
echo "Left out, because there is no Chromium here:"
pytest -m "($markers) and browser" --collect-only --quiet | sed -n 's/^tests/  &/p'
echo "To run them too: $install"
exit "$status"

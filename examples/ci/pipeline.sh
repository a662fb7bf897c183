#!/bin/sh
# What a pipeline does with a manifest, for any system that runs a shell. Further
# flags are passed on, such as --var revision="$GIT_SHA". Runners may be killed,
# may run twice and need not keep anything: no run is paid for twice.
set -u
manifest=$(dirname "$0")/job.yaml

rescale-apply plan -f "$manifest" --max-cost 5 -o md "$@" && # for a comment on the pull request
	rescale-apply apply -f "$manifest" --max-cost 5 "$@"
code=$?

case $code in
0) echo "passed" ;;
5) echo "refused: it could cost too much" ;;
100) echo "the regression test failed" ;;
101) echo "still running: run the pipeline again later" ;;
*) echo "the pipeline itself is broken: exit $code" ;;
esac
exit $code

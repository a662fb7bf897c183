#!/bin/sh
# Says in one line how good the solution is.
set -eu
awk -F, '
	NR > 1 { d = $2 - $3; if (d < 0) d = -d; if (d > worst) worst = d; n++ }
	END { printf "%d points across the middle, at most %.3f K from the exact solution\n", n, worst }
' middle.csv > summary.md

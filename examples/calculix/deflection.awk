# Joins the nodes of the deck with the displacements that CalculiX printed:
#
#   awk -f deflection.awk beam.inp beam.dat > displacement.csv
#
# One row for each node on the beam's axis, from the clamp to the tip.
# Exits 1 when there are no displacements, which means that ccx did not finish.

FNR == 1 { file++ }

# The deck: remember where each node is.
file == 1 && /^\*/ { in_nodes = toupper($0) ~ /^\*NODE,/; next }
file == 1 && in_nodes {
	split($0, column, ",")
	x[column[1] + 0] = column[2] + 0
	next
}

# The results: lines of "node ux uy uz" after the heading.
file == 2 && /displacements/ { in_results = 1; next }
file == 2 && in_results && NF == 4 && ($1 in x) {
	if (!rows++) print "node,x_mm,ux_mm,uy_mm,uz_mm"
	printf "%d,%g,%.6e,%.6e,%.6e\n", $1, x[$1], $2, $3, $4
}

END {
	if (!rows) {
		print "deflection.awk: no displacements in beam.dat; did ccx finish?" | "cat 1>&2"
		close("cat 1>&2")
		exit 1
	}
}

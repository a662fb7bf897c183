# Cuts the line through the middle of the plate out of temperature.csv, and puts
# the exact solution beside it.
#
#   awk -f middle.awk plate.inp temperature.csv > middle.csv
#
BEGIN { FS = "[ \t,]+"; OFS = ","; pi = atan2(0, -1) }

# The deck: KEYWORD value ...   # comment
FILENAME == ARGV[1] {
	sub(/\r$/, "")
	sub(/#.*/, "")
	if ($1 != "") for (i = 2; i <= NF; i++) deck[$1, i - 1] = $i
	next
}

# The field: x,y,T. The middle is the row of points that is nearest to it.
FNR > 1 {
	n++
	x[n] = $1; y[n] = $2; t[n] = $3
	off = $2 - deck["LENGTH", 2] / 2
	if (off < 0) off = -off
	if (n == 1 || off < nearest) { nearest = off; middle = $2 }
}

END {
	if (n == 0) exit 1
	lx = deck["LENGTH", 1]; ly = deck["LENGTH", 2]
	rate = deck["DIFFUSIVITY", 1] * pi * pi * (1 / (lx * lx) + 1 / (ly * ly))
	peak = deck["INITIAL", 2] * exp(-rate * deck["END_TIME", 1])
	print "x_m", "computed_degC", "exact_degC"
	for (i = 1; i <= n; i++) if (y[i] == middle)
		printf "%s,%s,%.4f\n", x[i], t[i], deck["INITIAL", 1] + peak * sin(pi * x[i] / lx) * sin(pi * y[i] / ly)
}

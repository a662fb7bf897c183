#!/bin/sh
# Solves the heat equation dT/dt = a (d2T/dx2 + d2T/dy2) on a rectangular plate
# with fixed edge temperatures: finite differences, explicit Euler in time.
#
#   sh solve.sh plate.inp
#
# Writes temperature.csv (the field at the end) and history.csv (its course),
# and prints a log with a picture. Needs a POSIX shell and any awk.
# Exits 1 when the input deck is wrong or the time step is unstable.
set -eu
LC_ALL=C # numbers are written with a point, whatever the user's language
export LC_ALL

if [ $# -ne 1 ]; then
	echo "usage: sh solve.sh DECK" >&2
	exit 1
fi
if [ ! -r "$1" ]; then
	echo "solve.sh: cannot read the input deck \"$1\"" >&2
	exit 1
fi

awk -v deck="$1" '
function fail(message) {
	failed = 1
	print message | "cat 1>&2"
	close("cat 1>&2")
	exit 1
}

BEGIN {
	number = "^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?$"
	known = "LENGTH CELLS DIFFUSIVITY INITIAL EDGES END_TIME TIME_STEP"
	split("2 2 1 2 4 1 1", counts, " ")
	keywords = split(known, names, " ")
	for (k = 1; k <= keywords; k++) wanted[names[k]] = counts[k]
}

# One line of the deck: KEYWORD value ...   # comment
{
	sub(/\r$/, "") # decks edited on Windows
	sub(/#.*/, "")
	if (NF == 0) next
	at = deck ":" FNR ": "
	if (!($1 in wanted)) fail(at "unknown keyword \"" $1 "\"; known are: " known)
	if ($1 in line) fail(at $1 " was already given in line " line[$1])
	if (NF - 1 != wanted[$1]) fail(at $1 " takes " wanted[$1] " value(s), not " NF - 1)
	for (i = 2; i <= NF; i++) {
		if ($i !~ number) fail(at $1 ": \"" $i "\" is not a number")
		value[$1, i - 1] = $i + 0
	}
	line[$1] = FNR
}

function positive(keyword, i) {
	if (value[keyword, i] > 0) return value[keyword, i]
	fail(deck ":" line[keyword] ": " keyword " must be greater than 0")
}

function cells(i,  n) {
	n = value["CELLS", i]
	if (n == int(n) && n >= 2 && n <= 1000) return n
	fail(deck ":" line["CELLS"] ": CELLS must be whole numbers from 2 to 1000")
}

function read_deck(  k, dt) {
	for (k = 1; k <= keywords; k++)
		if (!(names[k] in line)) fail(deck ": " names[k] " is missing")
	lx = positive("LENGTH", 1); ly = positive("LENGTH", 2)
	nx = cells(1); ny = cells(2)
	diffusivity = positive("DIFFUSIVITY", 1)
	end_time = positive("END_TIME", 1)
	base = value["INITIAL", 1]; peak = value["INITIAL", 2]

	# A whole number of equal steps ends exactly at END_TIME. The factor
	# keeps 60 / 0.1 from becoming 601 steps.
	dt = positive("TIME_STEP", 1)
	steps = int(end_time / dt * (1 - 1e-12)) + 1
	step = end_time / steps
	dx = lx / nx; dy = ly / ny
	fx = diffusivity * step / (dx * dx)
	fy = diffusivity * step / (dy * dy)
	if (fx + fy > 0.5)
		fail(sprintf("%s:%d: TIME_STEP %g is unstable: a dt (1/dx2 + 1/dy2) = %.3f, at most 0.5 is allowed; take %.3g s or less",
			deck, line["TIME_STEP"], dt, fx + fy, 0.49 * step / (fx + fy)))
	if (steps * nx * ny > 1e9)
		fail(sprintf("%s:%d: %d steps on %d cells would run for hours; take fewer cells or a larger step",
			deck, line["TIME_STEP"], steps, nx * ny))
}

# sin(pi f) for f in 0..1 as a series: some small awks come without sin().
function sine(f,  x, term, sum, k) {
	if (f > 0.5) f = 1 - f
	x = 3.141592653589793 * f
	term = sum = x
	for (k = 2; k <= 20; k += 2) {
		term = -term * x * x / (k * (k + 1))
		sum += term
	}
	return sum
}

# The nodes are numbered row by row: node (i, j) is T[j * width + i].
function initial_field(  i, j, row) {
	width = nx + 1
	for (j = 0; j <= ny; j++) {
		row = j * width
		for (i = 1; i < nx; i++)
			T[row + i] = base + peak * sine(i / nx) * sine(j / ny)
		T[row] = value["EDGES", 1]
		T[row + nx] = value["EDGES", 2]
	}
	for (i = 0; i <= nx; i++) {
		T[i] = value["EDGES", 3]
		T[ny * width + i] = value["EDGES", 4]
	}
}

# One explicit Euler step; returns the greatest change of a node, in K.
function advance(  i, j, n, last, change, greatest) {
	greatest = 0
	for (j = 1; j < ny; j++) {
		last = j * width + nx
		for (n = j * width + 1; n < last; n++) {
			change = fx * (T[n - 1] - 2 * T[n] + T[n + 1]) + fy * (T[n - width] - 2 * T[n] + T[n + width])
			D[n] = change
			if (change < 0) change = -change
			if (change > greatest) greatest = change
		}
	}
	for (n in D) T[n] += D[n]
	return greatest
}

# Sets low, mean and high of the present field.
function measure(  n, sum, nodes) {
	low = high = T[0]; sum = 0; nodes = width * (ny + 1)
	for (n = 0; n < nodes; n++) {
		sum += T[n]
		if (T[n] < low) low = T[n]
		if (T[n] > high) high = T[n]
	}
	mean = sum / nodes
}

function record(time, rate) {
	measure()
	printf "%.6g,%.6f,%.6f,%.6f,%.6e\n", time, low, mean, high, rate > "history.csv"
}

function write_field(  i, j) {
	print "x_m,y_m,temperature_C" > "temperature.csv"
	for (j = 0; j <= ny; j++)
		for (i = 0; i <= nx; i++)
			printf "%.6g,%.6g,%.6f\n", i * dx, j * dy, T[j * width + i] > "temperature.csv"
	close("temperature.csv")
}

# A character is about twice as high as wide.
function draw(  shades, columns, rows, r, c, n, text, span) {
	shades = " .:-=+*#%@"
	columns = nx < 60 ? nx : 60
	rows = int(columns * ly / lx / 2 + 0.5)
	if (rows < 3) rows = 3
	if (rows > 40) rows = 40
	span = high > low ? high - low : 1
	for (r = rows; r >= 0; r--) {
		text = ""
		for (c = 0; c <= columns; c++) {
			n = int(r * ny / rows + 0.5) * width + int(c * nx / columns + 0.5)
			text = text substr(shades, int((T[n] - low) / span * 9.999) + 1, 1)
		}
		print "  |" text "|"
	}
	printf "  blank = %.1f degC, @ = %.1f degC\n", low, high
}

END {
	if (failed) exit 1
	read_deck()
	printf "plate %g m x %g m, %d x %d cells, a = %g m2/s\n", lx, ly, nx, ny, diffusivity
	printf "%d steps of %g s, stability number %.3f (at most 0.5)\n\n", steps, step, fx + fy
	printf "%10s %12s %12s %14s\n", "time s", "mean degC", "max degC", "max |dT/dt| K/s"

	initial_field()
	print "time_s,min_C,mean_C,max_C,residual_K_per_s" > "history.csv"
	every = int((steps + 99) / 100) # at most 100 rows
	shown = int((steps + 4) / 5)    # about 5 lines in the log
	for (s = 1; s <= steps; s++) {
		rate = advance() / step
		if (s % every == 0 || s == steps) record(s * step, rate)
		if (s % shown == 0 || s == steps) {
			measure()
			printf "%10.4g %12.3f %12.3f %14.3e\n", s * step, mean, high, rate
		}
	}
	close("history.csv")
	write_field()
	print ""
	draw()
	print "wrote temperature.csv and history.csv"
}
' "$1"

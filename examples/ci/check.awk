# Compares the field at 30 s with the exact solution of the plate, in K.
BEGIN {
	pi = atan2(0, -1)
	peak = 80 * exp(-1.2e-5 * pi * pi * (1 / (0.2 * 0.2) + 1 / (0.1 * 0.1)) * 30)
}
NR > 1 {
	off = $3 - 20 - peak * sin(pi * $1 / 0.2) * sin(pi * $2 / 0.1)
	if (off < 0) off = -off
	if (off > worst) worst = off
}
END {
	verdict = worst <= tolerance ? "within" : "outside of"
	printf "largest deviation %.4f K: %s the tolerance of %s K\n", worst, verdict, tolerance
}

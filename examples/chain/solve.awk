# A rod with 100 kW/m3 of heat in it and both ends at 0 °C: -k T'' = q, by finite
# differences on the nodes of the mesh. Sparse and small, so Gauss does it.
{ x[NR - 1] = $2 }
END {
	n = NR - 1
	h = x[1] - x[0]
	load = 1e5 * h * h / k
	diagonal[1] = 2; right[1] = load
	for (i = 2; i < n; i++) {
		diagonal[i] = 2 - 1 / diagonal[i - 1]
		right[i] = load + right[i - 1] / diagonal[i - 1]
	}
	temperature[n] = 0
	for (i = n - 1; i > 0; i--) temperature[i] = (right[i] + temperature[i + 1]) / diagonal[i]
	print "x,temperature"
	for (i = 0; i <= n; i++) printf "%.6f,%.6f\n", x[i], temperature[i]
}

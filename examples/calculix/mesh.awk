# Makes the CalculiX deck of a cantilever beam, clamped at x = 0, with a force
# at its free end:
#
#   awk -f mesh.awk > beam.inp
#
# Nodes lie on a grid with half the element size, so that every second grid
# point along an axis is a corner and the others are middles of edges. Node
# (i, j, k) has the number 1 + i + j * (2 nx + 1) + k * (2 nx + 1) (2 ny + 1).

function node(i, j, k) {
	return 1 + i + j * (2 * nx + 1) + k * (2 * nx + 1) * (2 * ny + 1)
}

# C3D20R has nodes at corners and in the middles of edges: at most one of the
# three grid numbers is odd.
function exists(i, j, k) {
	return i % 2 + j % 2 + k % 2 <= 1
}

function nodes(  i, j, k) {
	print "*NODE, NSET=ALL"
	for (k = 0; k <= 2 * nz; k++)
		for (j = 0; j <= 2 * ny; j++)
			for (i = 0; i <= 2 * nx; i++)
				if (exists(i, j, k))
					printf "%d, %g, %g, %g\n", node(i, j, k), i * length_ / (2 * nx), j * width / (2 * ny), k * height / (2 * nz)
}

# The order of the 20 nodes, as offsets from the element's first corner.
function element_order() {
	return "000 200 220 020 002 202 222 022 100 210 120 010 102 212 122 012 001 201 221 021"
}

function elements(  i, j, k, n, o, count, order, number) {
	count = split(element_order(), order, " ")
	print "*ELEMENT, TYPE=C3D20R, ELSET=BEAM"
	for (k = 0; k < nz; k++)
		for (j = 0; j < ny; j++)
			for (i = 0; i < nx; i++) {
				printf "%d", ++number
				for (n = 1; n <= count; n++) {
					o = order[n]
					printf (n == 11 ? ",\n%d" : ", %d"), node(2 * i + substr(o, 1, 1), 2 * j + substr(o, 2, 1), 2 * k + substr(o, 3, 1))
				}
				print ""
			}
}

function end_face(name, i,  j, k) {
	print "*NSET, NSET=" name
	for (k = 0; k <= 2 * nz; k++)
		for (j = 0; j <= 2 * ny; j++)
			if (exists(i, j, k)) print node(i, j, k) ","
}

function axis(  i) {
	print "*NSET, NSET=AXIS"
	for (i = 0; i <= 2 * nx; i++) print node(i, ny, nz) ","
}

# An even shear stress on the end face: each 8-node face of an element passes
# -1/12 of its force to a corner and 1/3 to the middle of an edge.
function end_force(  j, k, dj, dk, share, parts) {
	for (k = 0; k < nz; k++)
		for (j = 0; j < ny; j++)
			for (dk = 0; dk <= 2; dk++)
				for (dj = 0; dj <= 2; dj++)
					if (dj != 1 || dk != 1)
						share[2 * j + dj, 2 * k + dk] += (dj == 1 || dk == 1) ? 1 / 3 : -1 / 12
	print "*CLOAD"
	for (k = 0; k <= 2 * nz; k++)
		for (j = 0; j <= 2 * ny; j++)
			if ((j, k) in share)
				printf "%d, 3, %.6f\n", node(2 * nx, j, k), force * share[j, k] / (ny * nz)
}

BEGIN {
	length_ = 100; width = 10; height = 10 # mm
	nx = 20; ny = 2; nz = 2                # elements; ny and nz even, so that the axis has nodes
	young = 210000; poisson = 0.3          # N/mm2
	force = -1000                          # N, along z

	print "** A steel cantilever beam, clamped at x = 0, with a force at its free end."
	print "** Made by: awk -f mesh.awk > beam.inp"
	print "** Units: mm, N, N/mm2."
	print "**"
	printf "** length L = %g, width b = %g, height h = %g, E = %g, nu = %g, force F = %g along z\n", length_, width, height, young, poisson, force
	print "**"
	print "** Beam theory, to compare with: I = b h^3 / 12, A = b h, G = E / (2 (1 + nu)), k = 5/6,"
	print "**   tip deflection = F L^3 / (3 E I) + F L / (k G A)"
	nodes()
	elements()
	end_face("CLAMP", 0)
	axis()
	print "*MATERIAL, NAME=STEEL"
	print "*ELASTIC"
	printf "%d, %g\n", young, poisson
	print "*SOLID SECTION, ELSET=BEAM, MATERIAL=STEEL"
	print "*BOUNDARY"
	print "CLAMP, 1, 3"
	print "*STEP"
	print "*STATIC"
	end_force()
	print "** to beam.dat, for deflection.awk"
	print "*NODE PRINT, NSET=AXIS"
	print "U"
	print "** to beam.frd, to look at in cgx or PrePoMax"
	print "*NODE FILE"
	print "U"
	print "*EL FILE"
	print "S"
	print "*END STEP"
}

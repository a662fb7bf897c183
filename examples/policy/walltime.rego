package main

deny contains message if {
	some job in spending
	some tile in tiles(job)
	not tile.walltimeHours
	message := sprintf("%s: it has no walltime", [job.name])
}

deny contains message if {
	some job in spending
	some tile in tiles(job)
	tile.walltimeHours > data.limits.walltimeHours
	message := sprintf("%s: it asks for %v hours, and %v are allowed", [job.name, tile.walltimeHours, data.limits.walltimeHours])
}

package main

deny contains message if {
	some job in spending
	some tile in tiles(job)
	not tile.coreType in data.limits.coreTypes
	message := sprintf("%s: core type %s is not one of %s", [job.name, tile.coreType, concat(", ", data.limits.coreTypes)])
}

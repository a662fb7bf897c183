package main

deny contains message if {
	some job in spending
	is_null(job.maxCost)
	message := sprintf("%s: nothing bounds what it can cost", [job.name])
}

deny contains message if {
	some job in spending
	job.maxCost > data.limits.costOfJob
	message := sprintf("%s: it can cost %v USD, and %v are allowed", [job.name, job.maxCost, data.limits.costOfJob])
}

deny contains message if {
	input.maxCost > data.limits.cost
	message := sprintf("the new runs can cost %v USD together, and %v are allowed", [input.maxCost, data.limits.cost])
}

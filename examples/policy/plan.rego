# What all policies share. They judge what would be billed, as plan --out wrote it.
package main

deny contains message if {
	not input.planDigest
	message := "this is no plan of rescale-apply: plan --out writes one"
}

deny contains message if {
	input.formatVersion != 1
	message := sprintf("these policies read formatVersion 1, and the plan has %v", [input.formatVersion])
}

spending contains job if {
	some job in input.jobs
	job.spends
}

# A job has its first analysis in its own keys, and all of them only where there are several.
tiles(job) := object.get(job, "analyses", [job])

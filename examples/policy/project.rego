package main

deny contains message if {
	some job in spending
	not job.project in data.limits.projects
	message := sprintf("%s: it bills project %q, and not one of %s", [job.name, job.project, concat(", ", data.limits.projects)])
}

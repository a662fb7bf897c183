# shellcheck shell=bash
# What the scripts of the action say where GitHub shows it. Sourced by both.

# note LEVEL TEXT prints an annotation, on stderr, since stdout may be a value. GitHub reads
# it up to the end of the line, so line breaks are written in its own way.
note() {
	local text=$2
	text=${text//'%'/%25}
	text=${text//$'\r'/%0D}
	text=${text//$'\n'/%0A}
	printf '::%s title=rescale-apply::%s\n' "$1" "$text" >&2
}

# refuse TEXT ends the step as rescale-apply ends when the text that it was given is wrong.
refuse() {
	note error "$1"
	exit 3
}

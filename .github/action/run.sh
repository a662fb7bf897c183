#!/usr/bin/env bash
# What action.yml runs: its inputs, from variables, as arguments of rescale-apply.
#
# plan passes with changes pending, and apply, collect and status pass with jobs that run
# on (101) when nobody waits for them. Every other exit code is that of the step.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=.github/action/messages.sh
source "$here/messages.sh"

# Only the comment needs the token of the workflow.
readonly token=${GITHUB_TOKEN:-}
unset GITHUB_TOKEN

# output NAME VALUE is for the steps that follow. No value has more than one line.
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/null}"; }

# plain NAME VALUE refuses what could be more than one word in a file that GitHub reads.
plain() { [[ ! $2 =~ [[:cntrl:]] ]] || refuse "the input \"$1\" holds a line break or a control character"; }

# on NAME VALUE succeeds for true, and refuses what is neither true nor false.
on() {
	case $2 in
	true) return 0 ;;
	false | '') return 1 ;;
	*) refuse "the input \"$1\" is \"$2\", and must be true or false" ;;
	esac
}

# A run in the name of somebody's fork must never see the key, and pull_request_target
# gives it the key.
check_event() {
	[[ ${GITHUB_EVENT_NAME:-} != pull_request_target ]] ||
		refuse 'pull_request_target gives the key to files of a stranger: use pull_request, where forks are only validated'
}

# without_key succeeds for what must not use the key: the pull request of a fork, or of a bot
# that was given none. Only who may write to the repository causes the events of the first
# pattern. Others, such as workflow_run and issue_comment, have the key and can be about a
# fork: they are, unless their head is a branch of this repository.
without_key() {
	case ${GITHUB_EVENT_NAME:-} in
	'' | push | create | delete | release | merge_group | schedule | workflow_dispatch | repository_dispatch) return 1 ;;
	esac
	[[ -n ${HEAD_REPOSITORY:-} && ${HEAD_REPOSITORY:-} == "${GITHUB_REPOSITORY:-}" ]] || return 0
	[[ -z ${RESCALE_API_KEY:-} && ${GITHUB_ACTOR:-} == *'[bot]' ]]
}

# manifests begins the array args, the arguments of the command.
manifests() {
	local file
	while IFS= read -r file || [[ -n $file ]]; do
		[[ -z $file ]] || args+=("--filename=$file")
	done <<<"${INPUT_FILES:-}"
	[[ ${#args[@]} -gt 0 ]] || refuse 'the input "files" is empty'
	! on recursive "${INPUT_RECURSIVE:-}" || args+=(--recursive)
}

bounds() {
	[[ -z ${INPUT_MAX_COST:-} ]] || args+=("--max-cost=$INPUT_MAX_COST")
	on download "${INPUT_DOWNLOAD:-true}" || args+=(--no-download)
}

reviewed() {
	[[ -z ${INPUT_PLAN:-} ]] || args+=("--plan=$INPUT_PLAN")
	! on require-clean "${INPUT_REQUIRE_CLEAN:-true}" || args+=(--require-clean)
}

# tool COMMAND runs it, and keeps its exit code in the variable code.
tool() {
	code=0
	rescale-apply "$@" </dev/null || code=$?
}

# passes CODE... ends the step well when the exit code is one of these.
passes() {
	local good
	output exitcode "$code"
	for good in 0 "$@"; do
		[[ $code -ne $good ]] || exit 0
	done
	exit "$code"
}

validate() {
	tool validate "${args[@]}" "$@"
	passes
}

plan() {
	local file=${INPUT_PLAN:-${RUNNER_TEMP:-/tmp}/rescale-apply.plan.json} report='' began
	began=$(mktemp) # a plan that is older is another step's
	bounds
	if on comment "${INPUT_COMMENT:-}"; then
		report=${RUNNER_TEMP:-/tmp}/rescale-apply.plan.md
		rm -f "$report"
		args+=("--report=md=$report" --report=github)
	fi
	tool plan --detailed-exitcode "--out=$file" "${args[@]}"
	[[ ! $file -nt $began ]] || output plan-file "$file"
	rm -f "$began"
	[[ -z $report || -z ${PULL_REQUEST:-} || ! -s $report ]] || comment "$report"
	passes 2
}

# comment FILE writes the plan into the pull request. A plan that failed keeps its exit
# code; a comment that failed has one of its own.
comment() {
	local planned=$code
	GITHUB_TOKEN=$token tool report comment "$1"
	[[ $planned -ne 0 && $planned -ne 2 || $code -eq 0 ]] || passes
	code=$planned
}

apply() {
	bounds
	reviewed
	[[ -z ${INPUT_TIMEOUT:-} ]] || args+=("--timeout=$INPUT_TIMEOUT")
	if on no-wait "${INPUT_NO_WAIT:-}"; then
		tool apply "${args[@]}" --no-wait
		passes 101
	fi
	tool apply "${args[@]}"
	passes
}

collect() {
	bounds
	reviewed
	tool apply "${args[@]}" --collect --no-wait
	passes 101
}

status() {
	on download "${INPUT_DOWNLOAD:-true}" || args+=(--no-download)
	tool status "${args[@]}" --exit-status
	passes 2 101
}

check_event
plain max-cost "${INPUT_MAX_COST:-}"
plain timeout "${INPUT_TIMEOUT:-}"
plain plan "${INPUT_PLAN:-}"
args=()
manifests
case ${INPUT_COMMAND:-} in
validate | plan | apply | collect | status)
	if without_key; then
		unset RESCALE_API_KEY
		note notice "this ${GITHUB_EVENT_NAME//_/ } is given no key, because it comes from a fork or a bot, or does not say from where: its manifests are validated, and nothing is planned"
		validate --contained
	fi
	"$INPUT_COMMAND"
	;;
*) refuse "command is \"${INPUT_COMMAND:-}\", and must be validate, plan, apply, collect or status" ;;
esac

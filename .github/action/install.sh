#!/usr/bin/env bash
# Puts rescale-apply on PATH for the next steps: the archive of a release, compared with
# the digest that this commit of the action holds, else with checksums.txt of the release.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=.github/action/messages.sh
source "$here/messages.sh"

readonly usage='give the input "version" a release such as v1.2.3, or use the action by such a tag'

# archive is the name of the archive for this runner, in the release $1.
archive() {
	local system processor form=tar.gz
	case ${RUNNER_OS:-} in
	Linux) system=linux ;;
	macOS) system=darwin ;;
	Windows) system=windows form=zip ;;
	*) refuse "there is no release for the system \"${RUNNER_OS:-}\"; use install: none" ;;
	esac
	case ${RUNNER_ARCH:-} in
	X64) processor=amd64 ;;
	ARM64) processor=arm64 ;;
	*) refuse "there is no release for the processor \"${RUNNER_ARCH:-}\"; use install: none" ;;
	esac
	printf 'rescale-apply_%s_%s_%s.%s\n' "${1#v}" "$system" "$processor" "$form"
}

# fetch URL FILE downloads one file, over TLS and nothing else.
fetch() {
	curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$2" "$1" || {
		note error "downloading $1 failed"
		exit 1
	}
}

# digest FILE is its SHA-256; macOS has another program for it.
digest() {
	if command -v sha256sum >/dev/null; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -d ' ' -f 1
}

# expected NAME is the digest of that archive in the list $2, or nothing.
expected() { awk -v name="$1" '$2 == name || $2 == "*" name { print $1; exit }' "$2"; }

verify() {
	local file=$1 name=$2 release=$3 want=
	[[ ! -e $here/checksums.txt ]] || want=$(expected "$name" "$here/checksums.txt")
	if [[ -z $want ]]; then
		fetch "$release/checksums.txt" "$file.sums"
		want=$(expected "$name" "$file.sums")
	fi
	[[ -n $want && $(digest "$file") == "$want" ]] || {
		note error "$name is not what was released: its SHA-256 is $(digest "$file"), and that of the release ${want:-is not known}"
		exit 1
	}
}

unpack() {
	case $1 in
	*.zip) unzip -q -o "$1" -d "$2" ;;
	*) tar -xzf "$1" -C "$2" ;;
	esac
}

install() {
	local version=${INPUT_VERSION:-${ACTION_REF:-}} name release folder
	[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || refuse "\"$version\" is no release: $usage"
	name=$(archive "$version")
	release=${GITHUB_SERVER_URL:-https://github.com}/${ACTION_REPOSITORY:-rescale-apply/rescale-apply}/releases/download/$version
	folder=${RUNNER_TEMP:?}/rescale-apply-$version
	if [[ ! -e $folder/complete ]]; then
		mkdir -p "$folder"
		fetch "$release/$name" "$folder/$name"
		verify "$folder/$name" "$name" "$release"
		unpack "$folder/$name" "$folder"
		: >"$folder/complete"
	fi
	printf '%s\n' "$folder" >>"${GITHUB_PATH:?}"
}

case ${INPUT_INSTALL:-auto} in
auto) install ;;
none) command -v rescale-apply >/dev/null || refuse 'no rescale-apply on PATH, which install: none takes; install it in an earlier step' ;;
*) refuse "install is \"$INPUT_INSTALL\", and must be auto or none" ;;
esac

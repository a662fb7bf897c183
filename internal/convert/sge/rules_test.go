package sge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said is the report less what every script has.
func said(text string) string {
	var kept []string
	for _, line := range strings.Split(report("wing.sh", []byte(text)), "\n") {
		usual := strings.Contains(line, "rescale-cli sends all files") || strings.HasPrefix(line, "version: 1") || strings.HasPrefix(line, "# from") ||
			line == "inputs:" || strings.Contains(line, "as: run.sh") || line == "command: bash run.sh" || line == ""
		if !usual {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func TestDirectives(t *testing.T) {
	t.Parallel()
	const unnamed = "name: wing\ntitle: Unnamed Job  # the script names none; clients call it this\n"
	const software = "analysis:  # the script names no version: the newest\n  code: user_included  # the script names none; clients take this one\n"
	const machine = "hardware:\n  coreType: emerald  # the script names none; clients take this one\n" +
		"  coresPerSlot: 1  # the script names none; take the smallest size of the core type\n  walltime: 48h  # the script has none; clients take this one"
	hardware := func(values string) string { return "name: a\n" + software + "hardware: {" + values + "}" }
	full := func(more string) string {
		return "#RESCALE_NAME=a\n#RESCALE_ANALYSIS=c\n#RESCALE_ANALYSIS_VERSION=1\n#RESCALE_CORE_TYPE=e\n#RESCALE_CORES=2\n#RESCALE_WALLTIME=3\n" + more
	}
	is := func(before, behind string) string {
		return "name: a\n" + before + "analysis: {code: c, version: \"1\"}\nhardware: {coreType: e, coresPerSlot: 2, walltime: 3h}" + behind
	}
	for name, tc := range map[string]struct{ in, want string }{
		"nothing given":    {"#RESCALE_SLOTS=1\n", unnamed + software + machine},
		"indented, quoted": {full("  #RESCALE_PROJECT_ID=\"p q\"\n"), is("project: p q\n", "")},
		"CRLF": {
			strings.ReplaceAll(full(""), "\n", "\r\n"),
			"warning: wing.sh:1:1: the lines of the script end in CRLF, and a shell takes the CR for a part of the command (save it with line ends of Unix)\n" + is("", ""),
		},
		"a blank value":       {full("#RESCALE_PROJECT_ID=\n"), "warning: wing.sh:7:2: RESCALE_PROJECT_ID is left out: it has no value ()\n" + is("", "")},
		"twice with =":        {"#RESCALE_NAME=b\n" + full(""), "warning: wing.sh:2:2: RESCALE_NAME is left out: the one of line 1 counts ()\n" + strings.Replace(is("", ""), "name: a", "name: b", 1)},
		"twice with a blank":  {strings.Replace(full(""), "#RESCALE_NAME=a", "#RESCALE_NAME b\n#RESCALE_NAME a", 1), "warning: wing.sh:1:2: RESCALE_NAME is left out: the one of line 2 counts ()\n" + is("", "")},
		"both":                {"#RESCALE_NAME b\n" + full(""), "warning: wing.sh:1:2: RESCALE_NAME is left out: the one of line 2 counts ()\n" + is("", "")},
		"an unknown one":      {full("#RESCALE_WALLTIMES=3\n"), "warning: wing.sh:7:2: RESCALE_WALLTIMES is left out: no client knows this directive (did you mean RESCALE_WALLTIME?)\n" + is("", "")},
		"leading digits":      {"#RESCALE_NAME=a\n#RESCALE_CORE_TYPE=e\n#RESCALE_CORES=4 # cores\n#RESCALE_WALLTIME=24 # hours\n", hardware("coreType: e, coresPerSlot: 4, walltime: 24h")},
		"cores: type":         {"#RESCALE_NAME=a\n#RESCALE_CORES e\n#RESCALE_CORES_PER_SLOT 4\n#RESCALE_SLOTS 2\n#RESCALE_WALLTIME 1\n", hardware("coreType: e, coresPerSlot: 4, slots: 2, walltime: 1h")},
		"cores: first number": {"#RESCALE_NAME=a\n#RESCALE_CORES=x\n#RESCALE_CORES=4\n#RESCALE_CORES=8\n#RESCALE_CORE_TYPE=e\n#RESCALE_WALLTIME=1\n", "warning: wing.sh:2:2: RESCALE_CORES is left out: \"x\" is no number of cores ()\nwarning: wing.sh:4:2: RESCALE_CORES is left out: an earlier line says 4 ()\n" + hardware("coreType: e, coresPerSlot: 4, walltime: 1h")},
		"cores: wrong":        {"#RESCALE_CORES=e\n#RESCALE_CORES 4\n", "error: wing.sh:1:16: RESCALE_CORES= is a number of cores, and \"e\" is none [bad-value] (#RESCALE_CORE_TYPE=e)\nerror: wing.sh:2:16: RESCALE_CORES with a blank names a core type, and \"4\" is none [bad-value] (#RESCALE_CORES_PER_SLOT 4)"},
		"walltime: seconds":   {"#RESCALE_WALLTIME 86400\n", "error: wing.sh:1:19: the walltime is in hours, of which a job has at most 336; 86400 looks like seconds, as clients took them once [bad-walltime] (#RESCALE_WALLTIME 24)"},
		"walltime: clock":     {strings.Replace(full(""), "WALLTIME=3", "WALLTIME=96:30", 1), "warning: wing.sh:6:19: the platform counts whole hours: a walltime of 96:30 is sent as 97h ()\n" + strings.Replace(is("", ""), "3h", "96h30m", 1)},
		"walltime: zero":      {"#RESCALE_WALLTIME=0\n", "error: wing.sh:1:19: the walltime is 0 [bad-walltime] (write a number of hours)"},
		"low priority":        {full("#RESCALE_LOW_PRIORITY=YES\n"), is("", "\npriority: economy")},
		"priority wins":       {full("#RESCALE_LOW_PRIORITY=t\n#RESCALE_PRIORITY=RESERVED\n"), "warning: wing.sh:7:2: RESCALE_LOW_PRIORITY is left out: RESCALE_PRIORITY says otherwise, and counts ()\n" + is("", "\npriority: reserved")},
		"priority: economy":   {full("#RESCALE_PRIORITY ON_DEMAND\n"), is("", "\npriority: economy")},
		"priority: wrong":     {full("#RESCALE_PRIORITY=SOON\n"), "error: wing.sh:7:19: RESCALE_PRIORITY cannot be \"SOON\" [bad-value] (INSTANT, ON_DEMAND or RESERVED)"},
		"variables": {
			full("#RESCALE_ENV_A-B.c=1\n#RESCALE_ENV_P=/a\n#RESCALE_ENV_P=/b\n#RESCALE_ENV_S 1\n#RESCALE_ENV_S 2\n#RESCALE_ENV_LM=1@a\n#RESCALE_ENV_LM=2@b\n#RESCALE_ENV_MY_TOKEN=abc\n#RESCALE_ENV_RESCALE_X=1\n#RESCALE_ENV_J=-Dx=1\n"),
			"warning: wing.sh:10:2: RESCALE_ENV_S is left out: the one of line 11 counts ()\n" +
				"warning: wing.sh:14:2: MY_TOKEN looks like a secret: its value is not written, only its name (export MY_TOKEN=… where rescale-apply runs)\n" +
				"warning: wing.sh:15:2: variable RESCALE_X is left out: the platform sets its own ()\n" +
				"warning: wing.sh:16:2: RESCALE_ENV_J ends at the first =; rescale-cli takes all up to the last for its name ()\n" +
				is("", "\nlicense: {servers: {LM: \"1@a:2@b\"}}\nenv: {A-B.c: \"1\", P: \"/a:/b\", S: \"2\", J: \"-Dx=1\"}\nsecrets: [MY_TOKEN]"),
		},
		"license: bare":   {full("#USE_RESCALE_LICENSE\n#RESCALE_ENV_L=1@a\n"), is("", "\nlicense: rescale\nenv: {L: \"1@a\"}")},
		"license: false":  {full("#USE_RESCALE_LICENSE false\n"), is("", "")},
		"license: =false": {full("#USE_RESCALE_LICENSE=false\n"), "warning: wing.sh:7:2: USE_RESCALE_LICENSE counts for rescale-cli, whatever stands behind = (delete license: rescale if it takes none)\n" + is("", "\nlicense: rescale")},
		"license: seller": {full("#RESCALE_ONDEMAND_LICENSE=rescale\n"), is("", "\nlicense: {seller: rescale}")},
		"license: two":    {full("#USE_RESCALE_LICENSE=\n#RESCALE_ONDEMAND_LICENSE=rescale\n"), "error: wing.sh:8:2: the license is Rescale's, line 7, and a seller's [not-said] (keep one of the two)"},
		"settings, broken": {
			full(`#RESCALE_USER_DEFINED_LICENSE_SETTINGS={"featureSets":[{"name":"USER_SPECIFIED","features":[{"name":"f","count":1}]}]}]}}` + "\n"),
			"warning: wing.sh:7:40: RESCALE_USER_DEFINED_LICENSE_SETTINGS has brackets too many at its end: ]}} ()\n" + is("", "\nlicense: {features: [{name: f, count: 1}]}"),
		},
		"settings, no JSON": {full("#RESCALE_USER_DEFINED_LICENSE_SETTINGS=x\n"), "error: wing.sh:7:40: RESCALE_USER_DEFINED_LICENSE_SETTINGS is no JSON [json-syntax] ({\"featureSets\":[{\"name\":\"USER_SPECIFIED\",\"features\":[{\"name\":\"cfd_base\",\"count\":1}]}]})"},
		"files":             {full("#RESCALE_EXISTING_FILES=a, b c\n"), is("", "\n  - {id: a}\n  - {id: b}\n  - {id: c}")},
		"several analyses": {
			full("#RESCALE_ANALYSIS=d\n#RESCALE_ANALYSIS_VERSION=2\n"),
			"warning: wing.sh:7:2: several analyses: the script runs in the first, and the others do nothing (move command: to the analysis that it is for)\n" +
				"name: a\nhardware: {coreType: e, coresPerSlot: 2, walltime: 3h}\nanalyses:\n  - analysis: {code: c, version: \"1\"}\n    inputs:\n    command: bash run.sh\n  - analysis: {code: d, version: \"2\"}\n    command: \":\"",
		},
		"no network":             {full("#RESCALE_INBOUND_SSH_CIDR=\n"), is("", "\nssh: {cidr: \"\"}")},
		"automations":            {full("#RESCALE_AUTOMATION a\n#RESCALE_AUTOMATION b\n"), is("", "\nautomations: [a, b]")},
		"what is no longer read": {full("#RESCALE_START_JOB_ON_HOUR=3\n"), "warning: wing.sh:7:2: RESCALE_START_JOB_ON_HOUR is left out: a manifest has no time of day (start the apply at that hour, for example with cron)\n" + is("", "")},
		"a set":                  {full("#RESCALE_CORE_TYPE_SET=s\n"), "error: wing.sh:7:2: a manifest has no sets of core types [not-said] (write one type as #RESCALE_CORE_TYPE=emerald; the manifest can then list more, as coreType: [emerald, granite])"},
		"SGE": {
			"#$ -cwd -N a\n#$ -pe smp 2\n#$ -l rescale_code=c,rescale_coretype=e -l h_rt=3\n#$ -l rescale_walltime=3\n",
			"warning: wing.sh:1:4: -cwd is left out: Rescale's clients do not read this option of SGE ()\nwarning: wing.sh:3:41: -l h_rt=3 is left out: Rescale's clients do not read this resource ()\n" +
				"name: a\nanalysis: {code: c}  # the script names no version: the newest\nhardware: {coreType: e, coresPerSlot: 2, walltime: 3h}",
		},
		"a command": {full("#RESCALE_COMMAND=./solve ${{ x }}\n"), is("", "\ncommand: ./solve $${{ x }}")},
		"cores: two ways": {
			full("#RESCALE_CORES Ruby\n#RESCALE_CORES_PER_SLOT=12\n"),
			"warning: wing.sh:7:2: RESCALE_CORES is left out: RESCALE_CORE_TYPE counts ()\nwarning: wing.sh:8:2: RESCALE_CORES_PER_SLOT is left out: RESCALE_CORES counts ()\n" + is("", ""),
		},
		"SGE beside directives": {
			full("#$ -N b\n#$ -pe smp 2\n#$ -l rescale_coretype=f,rescale_walltime=9\n"),
			"warning: wing.sh:7:4: -N b is left out: RESCALE_NAME of line 1 counts ()\nwarning: wing.sh:9:4: -l rescale_coretype=f is left out: RESCALE_CORE_TYPE of line 4 counts ()\nwarning: wing.sh:9:4: -l rescale_walltime=9 is left out: RESCALE_WALLTIME of line 6 counts ()\n" + is("", ""),
		},
		"SGE twice": {
			"#$ -N a\n#$ -N b\n#RESCALE_ANALYSIS=c\n#RESCALE_ANALYSIS_VERSION=1\n#RESCALE_CORE_TYPE=e\n#RESCALE_CORES=2\n#RESCALE_WALLTIME=3\n",
			"warning: wing.sh:2:4: -N b counts, and not the earlier a ()\n" + strings.Replace(is("", ""), "name: a", "name: b", 1),
		},
		"a blank before =": {
			full("#RESCALE_TAGS = x\n"),
			"warning: wing.sh:7:2: a blank stands before the = of RESCALE_TAGS, so the value begins with =, as it does for the clients (write #RESCALE_TAGS=x)\n" + is("tags: [\"= x\"]\n", ""),
		},
		"almost directives": {
			full("# RESCALE_SLOTS=4\n#rescale_tags=x\n#RESCALE_PROJECT_ID: y\n# the RESCALE_NAME=z is prose\n"),
			"warning: wing.sh:7:3: RESCALE_SLOTS is left out: this line is a comment to every client (write #NAME=VALUE, with no blank behind #)\n" +
				"warning: wing.sh:8:2: rescale_tags is left out: this line is a comment to every client (write #NAME=VALUE, with no blank behind #)\n" +
				"warning: wing.sh:9:2: RESCALE_PROJECT_ID is left out: this line is a comment to every client (write #NAME=VALUE, with no blank behind #)\n" + is("", ""),
		},
		"settings, unknown fields": {
			full(`#RESCALE_USER_DEFINED_LICENSE_SETTINGS={"featureSets":[{"name":"USER_SPECIFIED","colour":"red","features":[{"name":"f","count":1}]}]}` + "\n"),
			"warning: wing.sh:7:81: colour is left out: license settings have no such field ()\n" + is("", "\nlicense: {features: [{name: f, count: 1}]}"),
		},
		"python":        {"#!/usr/bin/env python3\n" + full(""), is("", "\ncommand: python3 run.sh")},
		"no directives": {"echo hello\n", "error: wing.sh:1:1: the script has no directives [empty-file] (a directive is a line such as #RESCALE_NAME=wing)"},
		"half an hour":  {strings.Replace(full(""), "WALLTIME=3", "WALLTIME=0.5", 1), "warning: wing.sh:6:19: the platform counts whole hours: a walltime of 0.5 is sent as 1h ()\n" + strings.Replace(is("", ""), "3h", "30m", 1)},
		"no text":       {"#RESCALE_NAME=\xff\n", "error: wing.sh:1:15: byte 0xFF is no text [not-text] (save it as UTF-8)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, said(tc.in)); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPatternAsName(t *testing.T) {
	t.Parallel()
	const want = "error: wing [1].sh:1:1: wing [1].sh has a character that a manifest takes for a pattern [bad-glob] (rename it)"
	if got := report("wing [1].sh", []byte("#RESCALE_NAME=a\n")); !strings.Contains(got, want) {
		t.Errorf("it says\n%s\nand not %s", got, want)
	}
}

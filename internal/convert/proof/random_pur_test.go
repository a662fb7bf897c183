package proof_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// row is a job as the vendor's client holds it, in the names of its table.
type row map[string]string

// rows makes the jobs of one file: a series that differs in little, or any.
func rows(d dice) []row {
	base := anyRow(d, 0)
	var all []row
	series := d.one(2)
	for i := range 1 + d.IntN(6) {
		r := anyRow(d, i)
		if series {
			name, dir := r["JobName"], r["Directory"]
			r = make(row)
			for k, v := range base {
				r[k] = v
			}
			if r["JobName"] = name; dir != "" && base["Directory"] != "" {
				r["Directory"] = dir
			}
			if d.one(3) {
				r["CoresPerSlot"] = pick(d, "1", "2", "36")
			}
		}
		all = append(all, r)
	}
	return all
}

func anyRow(d dice, i int) row {
	r := row{
		"Directory": pick(d, "./Run_%d", "runs/Run_%d", "../other/Run %d", `.\win\Run_%d`, "größe_%d", ""), "JobName": d.title("Wing_%d", i),
		"AnalysisCode": pick(d, "user_included", "ansys_fluent"), "AnalysisVersion": pick(d, "0", "24.10", "2023-hf4", ""),
		"Command": d.line(), "CoreType": pick(d, "emerald", "hpc-3"), "CoresPerSlot": pick(d, "1", "4", "36"),
		"WalltimeHours": pick(d, "0", "0.5", "1", "1.0", "1.5", "2.0000001", "11.2", "48", "1e2", ""), "Slots": pick(d, "1", "2", "0", ""),
		"ExtraInputFileIDs": strings.Join(some(d, 2, "AbCdEf", "GhIjKl"), ","), "OrgCode": pick(d, "", "acme"), "ProjectID": pick(d, "", "PrOjA"),
		"Tags": strings.Join(some(d, 3, "sweep", "two words", "größe", "0"), ","), "NoDecompress": pick(d, "", "true", "no"),
		"IsLowPriority": pick(d, "", "true", "YES", "1", "false"), "Submit": pick(d, "", "yes", "TRUE", "submit", "create_and_submit", "draft"),
		"Automations": strings.Join(some(d, 2, "AuToMa", "AuToMb"), ";"), "CIDRRule": pick(d, "", "203.0.113.0/24", "203.0.113.0/24,198.51.100.7/32"),
		"SSHPort": pick(d, "", "2222"),
	}
	if strings.Contains(r["Directory"], "%d") {
		r["Directory"] = fmt.Sprintf(r["Directory"], i)
		r["TarSubpath"] = pick(d, "", "", "input", "a/b")
	} else if d.one(2) {
		r["InputFiles"] = strings.Join(some(d, 2, "InPuTa", "InPuTb"), ";")
	}
	if d.one(4) {
		r["Command"] += "\n\n" + d.line() + "\t  end"
	}
	if vars := d.variables(); len(vars) > 0 {
		text, err := json.Marshal(vars)
		if err != nil {
			panic(err)
		}
		r["LicenseSettings"] = string(text)
	}
	switch d.IntN(3) {
	case 0:
		r["OnDemandLicenseSeller"] = "rescale"
	case 1:
		r["LicenseFeatureName"], r["LicensesPerJob"] = "ansys_hpc", "8"
	}
	return r
}

// sendsRow is how the vendor's client makes a create body (pur/pipeline, BuildJobRequest).
func sendsRow(r row) (s sent, file string) {
	s = sent{Name: r["JobName"], Project: r["ProjectID"], Priority: "on demand", CIDR: r["CIDRRule"]}
	if slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(r["IsLowPriority"])) {
		s.Priority = "economy"
	}
	s.Tags, s.Automations = parts(r["Tags"], ","), parts(r["Automations"], ";")
	s.Port, _ = strconv.Atoi(r["SSHPort"])
	tile := sentTile{Code: r["AnalysisCode"], Version: r["AnalysisVersion"], Command: r["Command"], CoreType: r["CoreType"], Seller: r["OnDemandLicenseSeller"]}
	if tile.Version == "" {
		tile.Version = "newest"
	}
	tile.Cores, _ = strconv.Atoi(r["CoresPerSlot"])
	slots, _ := strconv.Atoi(r["Slots"])
	tile.Slots = max(1, slots)
	hours, _ := strconv.ParseFloat(r["WalltimeHours"], 64)
	tile.Walltime = max(1, int(math.Ceil(hours)))
	if r["LicenseSettings"] != "" {
		if err := json.Unmarshal([]byte(r["LicenseSettings"]), &tile.Env); err != nil {
			panic(err)
		}
	}
	if r["LicenseFeatureName"] != "" {
		tile.Features = []string{"USER_SPECIFIED_0: " + r["LicenseFeatureName"] + " " + r["LicensesPerJob"]}
	}
	packed := ""
	if r["NoDecompress"] == "true" {
		packed = "packed "
	}
	if dir := strings.ReplaceAll(r["Directory"], `\`, "/"); dir != "" {
		dir = path.Join(dir, r["TarSubpath"])
		file = dir + "/deep/case.inp"
		tile.Inputs = append(tile.Inputs, packed+path.Base(dir)+"/deep/case.inp")
	} else {
		for _, id := range parts(r["InputFiles"], ";") {
			tile.Inputs = append(tile.Inputs, packed+"id "+id)
		}
	}
	for _, id := range parts(r["ExtraInputFileIDs"], ",") {
		tile.Inputs = append(tile.Inputs, "id "+id)
	}
	slices.Sort(tile.Inputs)
	s.Tiles = []sentTile{tile}
	return s, file
}

func parts(text, separator string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, separator)
}

func (m *made) add(r row) {
	if r["Submit"] == "draft" {
		return
	}
	s, file := sendsRow(r)
	m.want = append(m.want, s)
	if file != "" {
		m.files = append(m.files, file)
	}
}

var blanks, breaks = regexp.MustCompile(`[ \t]+`), regexp.MustCompile(`\n+`)

func purCSV(d dice) made {
	var m made
	all := rows(d)
	columns := []string{
		"Directory", "JobName", "AnalysisCode", "AnalysisVersion", "Command", "CoreType", "CoresPerSlot", "WalltimeHours", "Slots", "LicenseSettings",
		"ExtraInputFileIDs", "OnDemandLicenseSeller", "ProjectID", "OrgCode", "Tags", "NoDecompress", "IsLowPriority", "Submit", "TarSubpath",
		"LicenseFeatureName", "LicensesPerJob", "Automations", "InputFiles", "CIDRRule", "SSHPort",
	}
	d.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
	var b strings.Builder
	b.WriteString(pick(d, "", "\ufeff"))
	w := csv.NewWriter(&b)
	w.UseCRLF = d.one(3)
	head := slices.Clone(columns)
	for i := range head {
		head[i] = pick(d, head[i], strings.ToLower(head[i]), " "+strings.ToUpper(head[i]))
	}
	records := [][]string{head}
	for _, r := range all {
		var record []string
		for _, c := range columns {
			record = append(record, pick(d, r[c], r[c], r[c]+" "))
		}
		if d.one(4) {
			record[slices.Index(columns, "CoreType")] += "\u200b"
		}
		records = append(records, record)
		r["Command"] = strings.TrimSpace(breaks.ReplaceAllString(blanks.ReplaceAllString(r["Command"], " "), "\n"))
		m.add(r)
	}
	if err := w.WriteAll(records); err != nil {
		panic(err)
	}
	m.text = b.String() + pick(d, "", "\n", "\n\n")
	return m
}

func purJSON(d dice) made {
	var m made
	var objects []map[string]any
	for _, r := range rows(d) {
		o := make(map[string]any)
		for name, text := range r {
			o[pick(d, name, strings.ToLower(name[:1])+name[1:])] = value(name, text)
		}
		objects = append(objects, o)
		m.add(r)
	}
	text, err := json.MarshalIndent(objects, "", pick(d, "", "  "))
	if len(objects) == 1 && d.one(2) {
		text, err = json.Marshal(objects[0])
	}
	if err != nil {
		panic(err)
	}
	m.text = string(text)
	return m
}

// value is how the client's JSON has a field.
func value(name, text string) any {
	switch name {
	case "CoresPerSlot", "Slots", "LicensesPerJob", "SSHPort", "WalltimeHours":
		if text == "" {
			text = "0"
		}
		return json.Number(text)
	case "Tags":
		return parts(text, ",")
	case "Automations", "InputFiles":
		return parts(text, ";")
	case "NoDecompress", "IsLowPriority":
		return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(text))
	}
	return text
}

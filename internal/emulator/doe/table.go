package doe

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Table is the file of parameters: each row is a run.
type Table struct {
	Names []string
	Rows  [][]string
}

// ReadTable reads comma-separated values under a line of names. Blanks around values do not count.
func ReadTable(source io.Reader) (Table, error) {
	reader := csv.NewReader(source)
	reader.TrimLeadingSpace, reader.LazyQuotes = true, true
	names, err := reader.Read()
	switch {
	case errors.Is(err, io.EOF):
		return Table{}, errors.New("it is empty")
	case err != nil:
		return Table{}, err
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	trim(names)
	if err := checkNames(names); err != nil {
		return Table{}, err
	}
	rows, err := reader.ReadAll()
	if err != nil {
		return Table{}, err
	}
	for _, row := range rows {
		trim(row)
	}
	if len(rows) == 0 {
		return Table{}, errors.New("it has names, but no row of values")
	}
	return Table{Names: names, Rows: rows}, nil
}

func trim(record []string) {
	for i := range record {
		record[i] = strings.TrimSpace(record[i])
	}
}

func checkNames(names []string) error {
	seen := map[string]bool{}
	for i, name := range names {
		switch {
		case name == "":
			return fmt.Errorf("column %d has no name", i+1)
		case seen[name]:
			return fmt.Errorf("two columns are named %q", name)
		}
		seen[name] = true
	}
	return nil
}

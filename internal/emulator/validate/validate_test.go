package validate_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/validate"
)

func FuzzRead(f *testing.F) {
	offer, err := catalog.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		`{}`, `[]`, `null`, `{"name":"x","jobanalyses":[{}]}`, `{"jobanalyses":[1,null,{"hardware":[],"analysis":"x","envVars":[]}]}`,
		`{"name":"x","jobanalyses":[{"analysis":{"code":"user_included"},"command":"a","hardware":{"coreType":{"code":"emerald"},"coresPerSlot":1}}]}`,
		`{"name":null,"jobAutomations":[{}],"publicKey":7,"projectId":[],"jobanalyses":[{"inputFiles":[{"id":7},2],"flags":[]}]}`,
	} {
		f.Add(body)
	}
	world := validate.World{Catalog: offer, Usable: func(id string) bool { return id == "good" }, IsOf: func(string, int) bool { return true }, MaxJobHours: 48}
	f.Fuzz(func(t *testing.T, body string) {
		if !json.Valid([]byte(body)) {
			t.Skip()
		}
		spec, err := world.Read(json.RawMessage(body))
		var refused *validate.InvalidError
		switch {
		case err == nil && (spec.Name == "" || len(spec.Tiles) == 0):
			t.Errorf("accepted %s as %+v", body, spec)
		case errors.As(err, &refused):
			text, err := json.Marshal(refused.Fields)
			if err != nil || string(text) == "{}" {
				t.Errorf("refused %s without a reason: %s, %v", body, text, err)
			}
		case err != nil && !errors.Is(err, validate.ErrCrash):
			t.Errorf("%s: %v", body, err)
		}
	})
}

package spec

import (
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// walkTexts calls visit for every text in a JSON-shaped value.
func walkTexts(value any, pointer string, visit func(pointer, text string)) {
	switch v := value.(type) {
	case string:
		visit(pointer, v)
	case []any:
		for i, item := range v {
			walkTexts(item, pointer+"/"+strconv.Itoa(i), visit)
		}
	case map[string]any:
		for key, member := range v {
			walkTexts(member, yamlsrc.Member(pointer, key), visit)
		}
	}
}

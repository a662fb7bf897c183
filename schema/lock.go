package schema

import (
	_ "embed"
	"sync"
)

//go:embed lock.schema.json
var lock []byte

// LockJSON returns the schema of rescale.lock.yaml as published.
func LockJSON() []byte { return append([]byte(nil), lock...) }

var loadLock = sync.OnceValues(func() (*compiled, error) { return compile(lock, wholeJob) })

// ValidateLock is Validate for a rescale.lock.yaml.
func ValidateLock(value any) []Violation { return validate(loadLock, value) }

package disk

import (
	"crypto/sha256"
	"encoding/binary"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	idSpace = 52 * 52 * 52 * 52 * 52 * 52 // all words of six letters

	// The step shares no factor with idSpace (which is made of 2 and 13), so counting in steps visits every word
	// once: ids are unique, the same in every run, and do not grow with time, which no client may rely on.
	idStep = 7919237347

	jobSalt  = 4870112233
	fileSalt = 11234567801

	deviceSalt = 7700112233
	folderSalt = 3300112277
)

func nthID(n int, salt uint64) string {
	return word((uint64(n)%idSpace*idStep+salt)%idSpace, 6)
}

// StatusID returns an id for one entry of a job's history. It depends on nothing but its arguments.
func StatusID(job, history string, index int) string {
	sum := sha256.Sum256(append([]byte(job+"/"+history+"/"), byte(index>>8), byte(index)))
	return word(binary.BigEndian.Uint64(sum[:8]), 5)
}

func word(n uint64, length int) string {
	out := make([]byte, length)
	for i := range out {
		out[i] = letters[n%52]
		n /= 52
	}
	return string(out)
}

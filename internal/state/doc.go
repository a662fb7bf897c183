// Package state keeps the record of money: an append-only journal of what was uploaded, created,
// submitted and finished, and the lock that makes one process its only writer. It knows no HTTP, no
// manifest and no policy: it refuses a record that makes no sense, but never decides what to do next.
//
// # Format 1
//
// The file is text, one JSON object per line, each line ended by a newline. The first line is the
// [Header], every other line is a [Record]:
//
//	{"format":1,"tool":"rescale-apply 0.1.0","platform":"https://…","account":"ada@example.com","lineage":"9f…","created":"…","crc":"5d0c1e7a"}
//	{"kind":"creating","at":"…","job":"polar","key":"…","digest":"…","intent":"…","crc":"0b6f2d11"}
//	{"kind":"created","at":"…","job":"polar","key":"…","id":"AbCdEf","crc":"c2a9407e"}
//
// The last member of every line is "crc": the CRC-32 (IEEE, eight lower hex digits) of all objects from
// the header to this one, each taken without its crc member and without the newline. It continues from
// line to line, so a changed, lost, doubled or moved line is noticed, and so are two writers that did not
// see each other's lock. The sum of the first N lines can be checked without this tool:
//
//	head -n N FILE | sed 's/,"crc":"[0-9a-f]*"}$/}/' | tr -d '\n' | crc32 /dev/stdin
//
// Records that are appended together, mostly one line, are written by one write and flushed to disk
// before [Journal.Append] returns. A process that dies while writing leaves a torn tail: a last line
// without a newline, or one that is no JSON. Nothing was done because of such a line, so reading skips it
// and the next [Open] cuts it off. A torn header counts as no file. Anything else that is wrong,
// including a readable last line with a wrong sum, is damage: [DamagedError]. A file that does not begin
// like a header is never changed, whatever is in it.
//
// Unknown members are ignored. An unknown kind was written by a newer tool, and an unknown record of
// money must not be guessed at: [NewerError]. So new kinds can be added to format 1 without a new format.
//
// A journal of which later lines replace more than half (statuses, downloads) is rewritten when it is
// opened, to FILE.compact, which then replaces it: with the same header and times, and all records of
// creates, submits and ends. A process that dies meanwhile leaves the old file or the new one.
//
// Beside FILE lie FILE.lock, on which the operating system's lock is held, and FILE.lock.json, which says
// by whom. FILE.lock is never deleted: a process that deletes it could take the lock on a new file while
// another still holds the old one. A [Replacement] is written to FILE.new, and the file that it replaces
// is kept as FILE.bak-LINEAGE. If FILE is a link, all of them lie beside its target.
package state

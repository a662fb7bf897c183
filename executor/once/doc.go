// Package once turns one key into exactly one billed run, and lets at most one run of a
// job be active, whatever its content.
//
// The platform has no idempotency keys, no unique names and no search. But creating a job
// only saves a draft, which is free and can be deleted, and submitting acts on an id. A
// draft is the right to submit; deleting it takes that right away, which no lease can do.
// So a run is reached in these steps. A process that dies in any of them leaves a state
// that the next one understands:
//
//  1. Look ([Look]) for drafts and jobs of ours whose name has the key's marker, and for
//     active runs of the same job in other contents. A find counts only if the job itself
//     shows the whole key and is no clone: people clone jobs in the web UI, marker
//     included. An active run of another content is a conflict.
//  2. Record "creating" with the key, on the disk.
//  3. Create the draft. It is never sent twice blindly: if the answer is lost, go to 1.
//  4. Record "created" with the id.
//  5. Elect. Read the job list again until it shows the draft, then read by id:
//     a. Of the jobs of the key one that was submitted already wins, else the oldest; of
//     two equally old ones, the one with the smaller id. The own draft that lost is
//     deleted, and the list is read again.
//     b. Jobs of the same name in another content that are older must be over or gone:
//     an active one is a conflict, a draft is waited for, and is revoked, that is
//     deleted, when it is older than any runner that is alive would leave it. Then the
//     list is read again. Jobs whose dates are near each other may have been made in
//     either order: each waits for the other, and the one with the larger date makes way.
//  6. Record "submitting"; submit; if the answer is lost, the job's own status
//     history tells, which is empty for a draft and only for a draft. A repeat on
//     the same id never makes a second run. A draft that is gone was revoked: go to 1.
//  7. Delete the drafts that lost, now that the winner runs. Record "submitted".
//
// Submitted jobs, clones and other accounts' jobs are never deleted.
//
// # What it rests on
//
// A job list is a snapshot of the platform's jobs, possibly an old one. So a list that
// shows our draft shows every older one. Pages are not one snapshot: they are read newest
// first, one after the other, and a list whose count moves between its pages is read
// again. Dates of jobs differ from the order in which they were made by 5 seconds at most.
// What is read by id (a job, its statuses) is up to date. A deleted draft cannot be
// submitted.
//
// Why that is enough: a draft is submitted only after every older job of its name was seen
// gone or over, and both last forever. Assume that two runs of one name are active at
// once. The runner that submitted the younger one has read, after a list that showed its
// own draft, the older one: it was a draft then, or submitted, or over. Submitted would be
// a conflict; a draft would have been waited for; over is not active. Where dates do not
// tell which is older, each runner has read the other's job.
//
// # What is not promised
//
// A person who submits a losing draft by hand in the same moment has a second run. So does
// one who removes the key from a job's variables, or the marker from its name: it is then
// a job like any other.
//
// The package knows no manifest, no plan and no files.
package once

// Package once makes one key become exactly one billed run.
//
// The platform has no idempotency keys, no unique names and no search. But
// creating a job only saves a draft, which is free and can be deleted, and
// submitting acts on an id. So a run is reached in these steps, each of which a
// dead process leaves in a state that the next one understands:
//
//  1. Look ([Look]) for drafts and jobs of ours whose name ends in the key's
//     marker. A find counts only if the job itself shows the whole key and is no
//     clone: people clone jobs in the web UI, marker included.
//  2. Record "creating" with the key, on the disk.
//  3. Create the draft. It is never sent twice blindly: if the answer is lost, go to 1.
//  4. Record "created" with the id.
//  5. Elect. Read the job list again until it shows our own draft. The winner
//     among all with this key is the one that was submitted already, else the
//     oldest; of two equally old ones, the one with the smaller id. If another one
//     wins, record "created" with its id and go on with it. If the draft has
//     vanished, go to 1.
//  6. Record "submitting"; submit; if the answer is lost, the job's own status
//     history tells, which is empty for a draft and only for a draft. A repeat on
//     the same id never makes a second run.
//  7. Delete the drafts that lost, now that the winner runs. Nothing else is ever
//     deleted. Record "submitted".
//
// # What it rests on
//
// One assumption about the platform: a job list is a snapshot of its jobs, possibly
// an old one. So a list that shows our draft shows every draft that is older. Pages
// are not one snapshot, so that a list whose count moves between its pages is read
// again. And what is read by id (a job, its statuses) is up to date.
//
// Why that is enough: take two runners that submitted different drafts of one key,
// without any state in common. Each one's draft won an election, in a list that showed
// the runner's own draft. The runner with the younger winner saw, in that list, every
// older draft, so the older winner too, and would have chosen that. The same holds
// when a runner dies at any point, because all that it leaves is a draft, which takes
// part in later elections, or a submitted job, which wins them.
//
// # What is not promised
//
// A person who submits a losing draft by hand in the same moment has a second run. So
// has one who removes the key from a job's variables: then it is a job like any other.
//
// The package knows no manifest, no plan and no files.
package once

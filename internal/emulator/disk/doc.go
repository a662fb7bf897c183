// Package disk keeps what the emulated platform knows: jobs, files and the content of files, in one folder.
//
// Every record is a JSON file that is replaced atomically, so the folder is whole after the process was killed at any
// moment. Nothing is synced to the medium: after a power failure the newest records may be missing. The package knows
// neither HTTP nor how a job runs.
//
// Layout of the folder:
//
//	lock                   held by the running server
//	server.json            address of the running server
//	files/SEQ-ID.json      one file's record        files/SEQ-ID.data   its content
//	jobs/SEQ-ID/job.json   one job's record         jobs/SEQ-ID/...     its run, while it runs
//	devices.json           records of storage devices        devices/ID/...         their files
//	tmp/                   uploads on their way; emptied at every start
//
// SEQ makes names unique on file systems that ignore case, which ids alone are not.
package disk

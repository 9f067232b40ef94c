package tasklog

import "time"

// SupersededFor is how long after its start an archive run still hides the run that it replaces: its
// attribute TaskSupersedes names it. By then the server has deleted the replaced run. Without this a
// task would be listed twice in between. It counts from the start, as nothing but a worker can close
// the archive run, and there may be none.
const SupersededFor = 2 * time.Minute

package tasklog

import "time"

// SupersededFor is how long after its end an archive run still hides the run that it replaces: its
// attribute TaskSupersedes names it. By then the server has deleted the replaced run. Without this a
// task would be listed twice in between.
const SupersededFor = 2 * time.Minute

package tasklog

import "time"

// SupersededFor is how long after its end an archive run still hides the run that it replaces: its attribute
// TaskSupersedes names it. While it is open it hides it too, however long; it ends when the server's index has lost the replaced
// run. Copies of the index may be behind the one that was asked: without this a task would be listed twice in between.
const SupersededFor = 2 * time.Minute

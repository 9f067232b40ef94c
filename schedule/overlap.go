package schedule

import (
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
)

// Overlap says what happens when it is time for a run and the one before has not ended. A task that waits for its children
// has not ended.
type Overlap string

// The overlap policies.
const (
	OverlapSkip           Overlap = "skip"            // the run is left out
	OverlapBufferOne      Overlap = "buffer-one"      // it starts when the one before has ended; only one run waits, more are left out
	OverlapBufferAll      Overlap = "buffer-all"      // it waits for its turn, as do all others
	OverlapCancelOther    Overlap = "cancel-other"    // the one before is cancelled; when it has ended, the run starts
	OverlapTerminateOther Overlap = "terminate-other" // the one before is ended without being told, and the run starts
	OverlapAllowAll       Overlap = "allow-all"       // it starts beside the others
)

// overlaps is the one table of the policies; the first is the default.
var overlaps = []struct {
	overlap  Overlap
	temporal enumspb.ScheduleOverlapPolicy
}{
	{OverlapSkip, enumspb.SCHEDULE_OVERLAP_POLICY_SKIP},
	{OverlapBufferOne, enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE},
	{OverlapBufferAll, enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL},
	{OverlapCancelOther, enumspb.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER},
	{OverlapTerminateOther, enumspb.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER},
	{OverlapAllowAll, enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL},
}

// Overlaps returns every overlap policy.
func Overlaps() []Overlap {
	all := make([]Overlap, len(overlaps))
	for i, row := range overlaps {
		all[i] = row.overlap
	}
	return all
}

func (o Overlap) validate() error {
	if !slices.Contains(Overlaps(), o) {
		return invalid("overlap", "is %q; it must be one of %v", string(o), Overlaps())
	}
	return nil
}

// temporal returns what Temporal calls the policy, which is valid.
func (o Overlap) temporal() enumspb.ScheduleOverlapPolicy {
	for _, row := range overlaps {
		if row.overlap == o {
			return row.temporal
		}
	}
	return enumspb.SCHEDULE_OVERLAP_POLICY_UNSPECIFIED
}

func overlapOf(policy enumspb.ScheduleOverlapPolicy) Overlap {
	for _, row := range overlaps {
		if row.temporal == policy {
			return row.overlap
		}
	}
	return OverlapSkip
}

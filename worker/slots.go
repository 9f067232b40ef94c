package worker

import (
	"context"
	"sync"

	sdkworker "go.temporal.io/sdk/worker"
)

// slots lets the gate decide when the SDK's worker of one queue polls for activities.
type slots struct {
	gate    *gate
	line    *line
	measure sync.Once
}

var _ sdkworker.SlotSupplier = (*slots)(nil)

func (s *slots) ReserveSlot(ctx context.Context, info sdkworker.SlotReservationInfo) (*sdkworker.SlotPermit, error) {
	// The SDK shows its metrics handler, which names the queue, here first.
	s.measure.Do(func() { s.gate.measure(s.line, info.MetricsHandler()) })
	p, err := s.gate.openPoll(ctx, s.line)
	if err != nil {
		return nil, err
	}
	return &sdkworker.SlotPermit{UserData: p}, nil
}

// TryReserveSlot refuses: eager activities would pass by the gate.
func (s *slots) TryReserveSlot(sdkworker.SlotReservationInfo) *sdkworker.SlotPermit { return nil }

func (s *slots) MarkSlotUsed(info sdkworker.SlotMarkUsedInfo) {
	s.gate.received(info.Permit().UserData.(*poll))
}

func (s *slots) ReleaseSlot(info sdkworker.SlotReleaseInfo) {
	s.gate.release(info.Permit().UserData.(*poll))
}

// MaxSlots returns 0: how many slots this queue may use depends on the others.
func (s *slots) MaxSlots() int { return 0 }

package probe

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/attribute"
)

func TestAProbeHasEveryAttribute(t *testing.T) {
	t.Parallel()
	p := New(nil, "default")
	var names []string
	for key := range p.attributes.GetUntypedValues() {
		names = append(names, key.GetName())
		require.Contains(t, p.query, "`"+key.GetName()+"` IS NOT NULL")
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(attribute.Types())), names)
	require.Contains(t, p.query, string(p.id))
}

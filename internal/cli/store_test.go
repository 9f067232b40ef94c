package cli

import (
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/internal/config"
)

func TestAFormerStoreIsWhatTheFlagsSayAndElseWhatTheConfigurationStillSays(t *testing.T) {
	t.Parallel()
	c := config.Config{Queues: []config.Queue{
		{Name: "other"}, {Name: "orders", Broker: "rds", Persistence: "shop", Receive: 100, Order: "owner", AWSProfile: "production"},
	}}
	for _, one := range []struct {
		flags []string
		want  config.Queue
	}{
		{[]string{"--broker=sqs"}, config.Queue{Name: "orders", Broker: "sqs", Order: "owner", AWSProfile: "production"}},
		{[]string{"--broker=sqs", "--receive=-5"}, config.Queue{Name: "orders", Broker: "sqs", Receive: 5, Order: "owner", AWSProfile: "production"}},
		{[]string{"--broker=sqs", "--order=", "--aws-profile=test"}, config.Queue{Name: "orders", Broker: "sqs", AWSProfile: "test"}},
		{
			[]string{"--broker=rds", "--persistence=old", "--order=queue"},
			config.Queue{Name: "orders", Broker: "rds", Persistence: "old", Order: "queue", AWSProfile: "production"},
		},
	} {
		var q queueFlags
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		q.bind(flags)
		require.NoError(t, flags.Parse(one.flags))
		require.Equal(t, one.want, q.former(c, "orders", flags), "%v", one.flags)
	}
}

// Package capacity says what a number of tasks needs: of Temporal's server, its database, Elasticsearch and workers. docs/capacity.md
// tells how its constants were measured.
package capacity

// Constant is a number that plans are made with.
type Constant struct {
	Name   string
	Value  float64
	Unit   string
	Source string // how it is known
}

// Where constants come from.
const (
	counted   = "measured: PostgreSQL's counters"
	described = "measured: Temporal's description of the execution"
	weighed   = "measured: size of the tables after VACUUM FULL"
	indexed   = "measured: index of `taskctl bench log`, merged"
	delayed   = "measured: one shard, with slow commits"
	chosen    = "chosen"
	published = "published by Elastic"
)

// costs are what one task of a kind costs.
type costs struct{ shardWrites, statements, commits, wal, events, history, indexWrites Constant }

// kinds are the kinds of tasks by how they run.
var kinds = map[Kind]costs{
	Short: {
		shardWrites: Constant{"writes to the history shard, short task", 7, "", counted},
		statements:  Constant{"statements that write, short task", 37, "", counted},
		commits:     Constant{"commits, short task", 8.3, "", counted},
		wal:         Constant{"write-ahead log, short task", 37_500, "bytes", counted},
		events:      Constant{"events in the history, short task", 13, "", described},
		history:     Constant{"history, short task", 3_400, "bytes", described},
		indexWrites: Constant{"writes to the index, short task", 3, "", counted},
	},
	Long: {
		shardWrites: Constant{"writes to the history shard, long task", 10, "", counted},
		statements:  Constant{"statements that write, long task", 53, "", counted},
		commits:     Constant{"commits, long task", 12.6, "", counted},
		wal:         Constant{"write-ahead log, long task", 43_000, "bytes", counted},
		events:      Constant{"events in the history, long task", 18, "", described},
		history:     Constant{"history, long task", 4_000, "bytes", described},
		indexWrites: Constant{"writes to the index, long task", 4, "", counted},
	},
	Fast: {
		shardWrites: Constant{"writes to the history shard, fast task", 3, "", counted},
		statements:  Constant{"statements that write, fast task", 17, "", counted},
		commits:     Constant{"commits, fast task", 4.2, "", counted},
		wal:         Constant{"write-ahead log, fast task", 24_200, "bytes", counted},
		events:      Constant{"events in the history, fast task", 8, "", described},
		history:     Constant{"history, fast task", 3_100, "bytes", described},
		indexWrites: Constant{"writes to the index, fast task", 2, "", counted},
	},
}

// What it costs to delete a task when its retention is over, of whatever kind it was.
var deletion = struct{ shardWrites, statements, commits, wal, indexWrites Constant }{
	shardWrites: Constant{"writes to the history shard, deletion", 3, "", counted},
	statements:  Constant{"statements that write, deletion", 13, "", counted},
	commits:     Constant{"commits, deletion", 3, "", counted},
	wal:         Constant{"write-ahead log, deletion", 8_600, "bytes", counted},
	indexWrites: Constant{"writes to the index, deletion", 1, "", counted},
}

var (
	databaseBytes      = Constant{"database, one finished task", 6_900, "bytes", weighed}
	databaseParameters = Constant{"database, each byte of parameters", 3.2, "bytes", weighed}
	walParameters      = Constant{"write-ahead log, each byte of parameters", 4.4, "bytes", counted}
	historyParameters  = Constant{"history, each byte of parameters", 2.4, "bytes", described}
	indexBytes         = Constant{"index, one task", 1_120, "bytes", indexed}

	shardUse      = Constant{"part of its bound that a history shard reaches", 0.25, "", delayed}
	leastShards   = Constant{"history shards at least", 512, "", chosen}
	permitUse     = Constant{"how busy the permits may be", 0.7, "", chosen}
	indexShard    = Constant{"index shard at most", 30e9, "bytes", published}
	indexShardDoc = Constant{"documents in an index shard at most", 200e6, "", published}
)

// Constants returns the table of all of them.
func Constants() []Constant {
	var all []Constant
	for _, k := range []Kind{Short, Long, Fast} {
		c := kinds[k]
		all = append(all, c.shardWrites, c.statements, c.commits, c.wal, c.events, c.history, c.indexWrites)
	}
	all = append(all, deletion.shardWrites, deletion.statements, deletion.commits, deletion.wal, deletion.indexWrites)
	return append(all, databaseBytes, databaseParameters, walParameters, historyParameters, indexBytes,
		shardUse, leastShards, permitUse, indexShard, indexShardDoc)
}

package api

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/time/rate"

	"github.com/distributed-task-queue/taskqueue/api/auth"
)

// The defaults of Limits.
const (
	DefaultRequestsPerSecond = 100
	DefaultBurst             = 200
)

// Limits bound how many requests somebody may send.
type Limits struct {
	// RequestsPerSecond is how many in the long run, 0.01 or more. Default: DefaultRequestsPerSecond.
	RequestsPerSecond float64 `yaml:"requestsPerSecond"`
	// Burst is how many at once, after a while without any, up to a million. Default: DefaultBurst.
	Burst int `yaml:"burst"`
}

// WithDefaults returns a copy in which every default is filled in.
func (l Limits) WithDefaults() Limits {
	l.RequestsPerSecond = cmp.Or(l.RequestsPerSecond, DefaultRequestsPerSecond)
	l.Burst = cmp.Or(l.Burst, DefaultBurst)
	return l
}

// Validate returns an error that names the field that is wrong.
func (l Limits) Validate() error {
	if !(l.RequestsPerSecond >= 0.01) { // so that NaN is refused too
		return fmt.Errorf("requestsPerSecond is %g: it must be 0.01 or more", l.RequestsPerSecond)
	}
	if l.Burst < 1 || l.Burst > 1e6 {
		return fmt.Errorf("burst is %d: it must be 1 to 1000000", l.Burst)
	}
	return nil
}

// limiter bounds how many requests each visitor may send.
type limiter struct {
	limit Limits
	// refill is how long a visitor who sends nothing needs to be as free as one who has never sent anything.
	refill time.Duration

	mu sync.Mutex
	// Visitors are forgotten when they have sent nothing for at least refill, which loses nothing: recent are those of the
	// current period of that length, former those of the one before.
	recent, former map[string]*rate.Limiter
	since          time.Time // when recent began
}

func newLimiter(limit Limits) *limiter {
	seconds := float64(limit.Burst) / limit.RequestsPerSecond
	return &limiter{limit: limit, refill: time.Duration(math.Ceil(seconds)) * time.Second, recent: map[string]*rate.Limiter{}}
}

// take returns how long the visitor must wait, 0 if the request may pass.
func (l *limiter) take(visitor string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.since) >= l.refill {
		l.recent, l.former, l.since = map[string]*rate.Limiter{}, l.recent, now
	}
	bucket := l.recent[visitor]
	if bucket == nil {
		if bucket = l.former[visitor]; bucket == nil {
			bucket = rate.NewLimiter(rate.Limit(l.limit.RequestsPerSecond), l.limit.Burst)
		}
		l.recent[visitor] = bucket
	}
	reservation := bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}

// limitRate answers visitors with 429 who send more than they may. Where nobody authenticates, all are this machine, and may.
func (s *Server) limitRate(c *gin.Context) {
	if s.limiter == nil {
		return
	}
	v := visitorOf(c)
	name := "subject " + v.Subject
	if v.Role == auth.Anonymous {
		name = "address " + network(c.ClientIP())
	}
	if wait := s.limiter.take(name, time.Now()); wait > 0 {
		seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
		c.Header("Retry-After", seconds)
		kindTooMany.problem("", fmt.Sprintf("at most %g requests a second are taken, after %d at once; try again in %s s",
			s.config.Limits.RequestsPerSecond, s.config.Limits.Burst, seconds)).write(c)
	}
}

// network returns the address without the part that one client may choose freely: of IPv6 its network.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

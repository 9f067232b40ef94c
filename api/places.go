package api

import (
	"fmt"
	"sync"

	"github.com/gin-gonic/gin"
)

// share is the part of all event streams that one identity may have open, so that nobody keeps the others out.
const share = 4

// places bounds how many event streams are open at a time.
type places struct {
	most int

	mu   sync.Mutex
	open int
	of   map[string]int // those of each subject
}

func newPlaces(most int) *places { return &places{most: most, of: map[string]int{}} }

// take returns what gives the place back, or a problem if there is none. Where nobody authenticates the subject is empty, and may have all.
func (p *places) take(c *gin.Context, subject string) (leave func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open >= p.most {
		return nil, kindStreams.problem("", fmt.Sprintf("%d event streams are open, which is as many as this server has", p.most))
	}
	if each := max(1, p.most/share); subject != "" && p.of[subject] >= each {
		c.Header("Retry-After", retryAfter)
		return nil, kindTooMany.problem("", fmt.Sprintf("%d event streams are open for %q, which is as many as one identity can have", each, subject))
	}
	p.open++
	p.of[subject]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open--
		if p.of[subject]--; p.of[subject] == 0 {
			delete(p.of, subject)
		}
	}, nil
}

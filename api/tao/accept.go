package tao

import (
	"cmp"
	"mime"
	"slices"
	"strconv"
	"strings"
)

// The media types of answers.
const (
	mediaJSON    = "application/json"
	mediaXML     = "application/xml"
	mediaTextXML = "text/xml"
)

// served are the media types that a range of an Accept header leads to.
var served = map[string]string{
	mediaJSON: mediaJSON, mediaXML: mediaXML, mediaTextXML: mediaTextXML, "*/*": mediaJSON, "application/*": mediaJSON, "text/*": mediaTextXML,
}

// negotiate returns the media type that the client likes best, JSON if it does not say, and "" if it takes none of ours.
func negotiate(accept []string) string {
	type wish struct {
		mediaType string
		quality   float64
	}
	var wishes []wish
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		name, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := parameters["q"]; given {
			quality, _ = strconv.ParseFloat(q, 64) // what is no number is not wanted
		}
		wishes = append(wishes, wish{name, quality})
	}
	if len(wishes) == 0 {
		return mediaJSON
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.quality, a.quality) })
	for _, w := range wishes {
		if ours, ok := served[w.mediaType]; ok && w.quality > 0 {
			return ours
		}
	}
	return ""
}

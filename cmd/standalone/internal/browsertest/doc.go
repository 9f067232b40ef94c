// Package browsertest uses the dashboard of the real standalone with a real browser.
package browsertest

package httprequest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"

	taskqueue "github.com/distributed-task-queue/taskqueue"
	"github.com/distributed-task-queue/taskqueue/actions/httprequest"
)

// A worker that may call one host. Here that is of this machine, which has to be allowed too.
func Example() {
	webhook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s", r.Method, body)
	}))
	defer webhook.Close()
	address, err := url.Parse(webhook.URL)
	if err != nil {
		log.Fatal(err)
	}
	registry := taskqueue.NewRegistry()
	err = httprequest.Register(registry, httprequest.Config{AllowedHosts: []string{address.Host}, AllowPrivateNetworks: true})
	if err != nil {
		log.Fatal(err)
	}

	action, _ := registry.Lookup(httprequest.Name) // a worker looks it up for a task
	for _, to := range []string{webhook.URL, "http://elsewhere.example"} {
		parameters, err := json.Marshal(httprequest.Args{URL: to, Body: json.RawMessage(`{"order": 17}`)})
		if err != nil {
			log.Fatal(err)
		}
		report, err := action.Run(context.Background(), parameters)
		if err != nil {
			log.Fatal(err)
		}
		if response, answered := report.Data.(httprequest.Response); answered {
			fmt.Println(report.Status(), response.Status, response.Body)
		} else {
			fmt.Println(report.Status(), report.Message)
		}
	}
	// Output:
	// completed 200 POST {"order":17}
	// failed POST elsewhere.example was not sent: the host "elsewhere.example" is not allowed; the worker's configuration lists allowed hosts in actions.http.allowedHosts
}

package api_test

import (
	"encoding/xml"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distributed-task-queue/taskqueue/api"
)

// n: the endpoints for programs, in JSON and XML.
func TestTAORest(t *testing.T) {
	t.Parallel()
	b := setupTAO(t, api.Config{})
	ana := func(path string, accept ...string) answer {
		t.Helper()
		header := []string{}
		for _, a := range accept {
			header = append(header, "Accept", a)
		}
		return b.as(b.ana, http.MethodGet, path, nil, header...)
	}
	archived := b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID
	golden(t, b.get(core+"/archive?taskId="+archived, nil), ok, `{"success":true}`)
	cancelled := b.enqueue(b.ana, map[string]any{"action": "echo", "delay": "1h"}).ID
	golden(t, b.get(core+"/cancel?taskId="+cancelled, nil), ok, `{"success":true}`)

	golden(t, ana("/tao/TaskQueue/get?id="+b.done), ok, `{"success":true,"data":{"id":"`+b.done+`","status":"finished","report":`+b.doneReport()+`},"version":"<version>"}`)
	golden(t, ana("/tao/TaskQueue/get?id="+b.waits), ok, `{"success":true,"data":{"id":"`+b.waits+`","status":"created","report":null},"version":"<version>"}`)
	for id, statuses := range map[string][2]string{
		b.done: {"finished", "completed"}, b.failed: {"finished", "failed"}, b.waits: {"created", "created"}, b.running: {"running", "in_progress"},
		archived: {"archived", "archived"}, cancelled: {"cancelled", "cancelled"},
	} {
		require.Equal(t, statuses[0], read[struct{ Data struct{ Status string } }](t, ana("/tao/TaskQueue/get?id="+id), ok).Data.Status)
		for _, path := range []string{"/tao/TaskQueue", "/taoTaskQueue/TaskQueueRestApi"} {
			golden(t, ana(path+"/getStatus?id="+id), ok, `{"success":true,"data":"`+statuses[1]+`","version":"<version>"}`)
		}
	}
	golden(t, ana("/taoTaskQueue/TaskQueueRestApi/get?id="+b.done), ok, `{"success":true,"data":{"id":"`+b.done+`","taskName":"echo","status":"completed","masterStatus":false,
		"statusLabel":"Completed","taskLabel":"Cities",`+times+`,"report":`+b.doneReport()+`,"category":"export","hasFile":true},"version":"<version>"}`)

	for _, path := range []string{"/tao/TaskQueue/get", "/tao/TaskQueue/getStatus", "/taoTaskQueue/TaskQueueRestApi/get", "/taoTaskQueue/TaskQueueRestApi/getStatus"} {
		golden(t, ana(path), 400, `{"success":false,"errorCode":0,"errorMsg":"At least one mandatory parameter was required but found missing in your request","version":"<version>"}`)
		golden(t, ana(path+"?id=absent"), 404, `{"success":false,"errorCode":0,"errorMsg":"Task log for task \"absent\" not found","version":"<version>"}`)
		golden(t, ana(path+"?id="+b.foreign), 404, `{"success":false,"errorCode":0,"errorMsg":"Task log for task \"`+b.foreign+`\" not found","version":"<version>"}`)
		require.Equal(t, ok, b.as(operator, http.MethodGet, path+"?id="+b.foreign, nil).StatusCode, "operators see everybody's")
		golden(t, ana(path+"?id="+b.done, "application/rdf+xml"), 406, `{"success":false,"errorCode":0,"errorMsg":"Answers are application/json, application/xml or text/xml.","version":"<version>"}`)
		golden(t, b.as(nobody, http.MethodGet, path+"?id="+b.done, nil), 401,
			`{"success":false,"errorCode":401,"errorMsg":"send an API key or a token: Authorization: Bearer …, or an API key as X-API-Key","version":"<version>"}`)
	}

	type document struct {
		XMLName xml.Name `xml:"root"`
		Success bool     `xml:"success"`
		Version string   `xml:"version"`
		Message string   `xml:"errorMsg"`
		Data    struct {
			Text   string `xml:",chardata"`
			ID     string `xml:"id"`
			Status string `xml:"status"`
			Report struct {
				Children []struct {
					Data string `xml:"data"`
				} `xml:"children>element"`
			} `xml:"report"`
			Tasks []struct {
				Action string `xml:"taskName"`
			} `xml:"element"`
		} `xml:"data"`
	}
	readXML := func(a answer, status int, mediaType string) (d document) {
		t.Helper()
		require.Equal(t, status, a.StatusCode, "%s", a.body)
		require.Equal(t, mediaType+"; charset=utf-8", a.Header.Get("Content-Type"))
		require.NoError(t, xml.Unmarshal(a.body, &d), "%s", a.body)
		require.NotEmpty(t, d.Version)
		require.Equal(t, status == ok, d.Success)
		return d
	}
	d := readXML(ana("/tao/TaskQueue/get?id="+b.done, "text/html, application/xml;q=0.9, */*;q=0.8"), ok, "application/xml")
	require.Equal(t, b.done, d.Data.ID)
	require.Equal(t, "finished", d.Data.Status)
	require.Equal(t, b.queue+"/cities.csv", d.Data.Report.Children[0].Data)
	require.Equal(t, "in_progress", readXML(ana("/tao/TaskQueue/getStatus?id="+b.running, "text/xml"), ok, "text/xml").Data.Text)
	require.GreaterOrEqual(t, len(readXML(ana("/tao/TaskQueue/getAll", "text/xml"), ok, "text/xml").Data.Tasks), 4)
	require.Contains(t, readXML(ana("/tao/TaskQueue/get?id=absent", "text/xml"), 404, "text/xml").Message, "not found")
	require.Contains(t, readXML(b.as(nobody, http.MethodGet, "/tao/TaskQueue/get?id=x", nil, "Accept", "text/xml"), 401, "text/xml").Message, "send an API key")
}

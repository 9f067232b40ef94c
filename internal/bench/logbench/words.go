package logbench

import (
	"strings"
	"time"

	"github.com/distributed-task-queue/taskqueue/task"
)

// kind is an action of the log that is made up.
type kind struct {
	action   string
	weight   int // how often it is enqueued, in comparison with the others
	category task.Category
	queue    string
	median   time.Duration // of how long it takes
	verb     string        // the label begins with it
}

var kinds = []kind{
	{"mail.send", 25, task.CategoryUnrelatedResource, "interactive", 700 * time.Millisecond, "Send"},
	{"image.resize", 15, task.CategoryUpdate, "interactive", 2 * time.Second, "Resize"},
	{"product.update", 12, task.CategoryUpdate, "interactive", time.Second, "Update"},
	{"index.update", 10, "", "batch", 300 * time.Millisecond, "Index"},
	{"report.export", 8, task.CategoryExport, "batch", 20 * time.Second, "Export"},
	{"http.request", 8, task.CategoryUnrelatedResource, "interactive", 400 * time.Millisecond, "Call"},
	{"product.import", 6, task.CategoryImport, "batch", 45 * time.Second, "Import"},
	{"invoice.create", 6, task.CategoryCreate, "interactive", 1500 * time.Millisecond, "Invoice"},
	{"stock.sync", 6, task.CategoryUpdate, "batch", 5 * time.Second, "Synchronize"},
	{"cache.warm", 5, "", "batch", 900 * time.Millisecond, "Warm"},
	{"price.update", 5, task.CategoryUpdate, "interactive", 3 * time.Second, "Reprice"},
	{"delivery.label", 3, task.CategoryDeliveryComp, "interactive", 800 * time.Millisecond, "Print"},
	{"feed.publish", 3, task.CategoryExport, "batch", 12 * time.Second, "Publish"},
	{"delivery.plan", 2, task.CategoryDeliveryComp, "batch", 30 * time.Second, "Plan"},
	{"translation.request", 2, task.CategoryCreate, "interactive", 6 * time.Second, "Translate"},
	{"media.delete", 2, task.CategoryDelete, "batch", 2 * time.Second, "Delete"},
	{"catalogue.copy", 1, task.CategoryCopy, "batch", time.Minute, "Copy"},
	{"customer.merge", 1, task.CategoryUpdate, "interactive", 4 * time.Second, "Merge"},
	{"backup.run", 1, task.CategoryExport, "batch", 5 * time.Minute, "Back up"},
	{"model.train", 1, "", "gpu", 10 * time.Minute, "Train"},
}

// ignoredTasks are the actions that users are not shown.
var ignoredTasks = []string{"index.update", "cache.warm"}

// words are what labels, parameters and reports are made of; those at the beginning are frequent.
var words = strings.Fields(`
	winter summer order product customer price catalogue stock invoice delivery image article category spring autumn brand shop market
	season collection supplier warehouse shipment parcel return refund voucher coupon discount campaign newsletter banner landing page
	attribute variant bundle package pallet container truck route driver depot region country language translation currency tax duty
	customs payment card transfer bank account ledger balance statement reminder contract offer quote tender project budget forecast plan
	report chart table column filter search index backup archive export import feed channel partner reseller franchise store counter cashier
	receipt barcode label printer scanner sensor camera photo video audio document manual certificate warranty repair service ticket
	incident review rating comment question answer survey contest prize ticketing event booking room hotel flight journey station platform
	bicycle helmet jacket trousers sweater shirt scarf glove boot sandal slipper ladder hammer chisel drill screw bolt washer bracket hinge
	lantern candle blanket pillow mattress wardrobe cupboard drawer carpet curtain kettle saucepan ladle spatula whisk colander grater
	thermometer barometer compass telescope microscope notebook pencil eraser sharpener stapler envelope folder binder calendar
	marmalade honey walnut almond hazelnut cinnamon cardamom saffron vanilla paprika oregano basil thyme rosemary lavender chamomile`)

// failures are what failed tasks report.
var failures = []string{
	"the server answers 503 Service Unavailable",
	"line %d: the price is missing",
	"connection reset by peer after %d bytes",
	"the file %d.csv has no header",
	"timeout after %d seconds",
	"permission denied for account %d",
}

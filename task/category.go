package task

import (
	"fmt"
	"slices"
)

// Category says what kind of work a task is, for people and for filters.
type Category string

// The categories. CategoryUnknown is the default and can be linked to no action.
const (
	CategoryCreate            Category = "create"
	CategoryUpdate            Category = "update"
	CategoryDelete            Category = "delete"
	CategoryCopy              Category = "copy"
	CategoryImport            Category = "import"
	CategoryExport            Category = "export"
	CategoryDeliveryComp      Category = "delivery_comp"
	CategoryUnrelatedResource Category = "unrelated_resource"
	CategoryUnknown           Category = "unknown"
)

var categories = []Category{
	CategoryCreate, CategoryUpdate, CategoryDelete, CategoryCopy, CategoryImport, CategoryExport,
	CategoryDeliveryComp, CategoryUnrelatedResource,
}

// Categories returns the categories that an action can be linked to.
func Categories() []Category { return slices.Clone(categories) }

// ParseCategory returns the category with this name; the empty name is CategoryUnknown.
func ParseCategory(name string) (Category, error) {
	c := Category(name)
	if c == "" || c == CategoryUnknown {
		return CategoryUnknown, nil
	}
	if !slices.Contains(categories, c) {
		return "", fmt.Errorf("category %q is not a valid category; valid are %v", name, categories)
	}
	return c, nil
}

package main

import (
	"reflect"
	"strings"
)

func propertyName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
	return name
}

// same treats an absent list or map like an empty one: the engine does not tell them apart.
func same(before, after reflect.Value) bool {
	switch before.Kind() {
	case reflect.Slice, reflect.Map:
		if before.Len() == 0 && after.Len() == 0 {
			return true
		}
	}
	return reflect.DeepEqual(before.Interface(), after.Interface())
}

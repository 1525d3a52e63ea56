package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// filler sets every field of a type tree, each value another one.
type filler struct {
	// Only pointers are set, to zeros: an `inconclusiveLimit: 0` beside one that is not there.
	zero   bool
	count  int
	fields int
}

func (f *filler) fill(v reflect.Value, path string) {
	f.count++
	n := f.count
	if f.zero && (v.Kind() != reflect.Pointer && v.Kind() != reflect.Struct || isValue(v)) {
		return
	}
	switch v.Interface().(type) {
	case metav1.Time:
		zone := time.FixedZone("", n%1440*60-43200)
		v.Set(reflect.ValueOf(metav1.NewTime(time.Date(2026, 1, 1, 0, 0, n, n, zone))))
		return
	case resource.Quantity:
		v.Set(reflect.ValueOf(resource.MustParse(fmt.Sprintf("%dMi", n))))
		return
	case intstr.IntOrString:
		value := intstr.FromInt32(int32(n))
		if n%2 == 0 {
			value = intstr.FromString(fmt.Sprintf("%d%%", n))
		}
		v.Set(reflect.ValueOf(value))
		return
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, n))
		return
	case metav1.FieldsV1:
		v.Set(reflect.ValueOf(metav1.FieldsV1{Raw: fmt.Appendf(nil, `{"f:n":%d}`, n)}))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				f.fields++
				f.fill(v.Field(i), path+"."+field.Name)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(fmt.Appendf(nil, "bytes \xff %d", n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i), path+"[]")
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, path+"{key}")
			f.fill(value, path+"{}")
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		v.SetString(fmt.Sprintf("%d ę", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1<<60 - int64(n)<<20)
	case reflect.Int32:
		v.SetInt(int64(-n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.1)
	default:
		panic(fmt.Sprintf("%s: no value for a %s", path, v.Type()))
	}
}

// isValue says that a struct stands for one value.
func isValue(v reflect.Value) bool {
	switch v.Interface().(type) {
	case metav1.Time, resource.Quantity, intstr.IntOrString, metav1.FieldsV1:
		return true
	}
	return false
}

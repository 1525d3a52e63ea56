package main

import (
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// restore puts what stub-plugin.ts --echo tells into the Go value it was decoded from: objects by Go field name,
// {"$map": [[key, value]…]}, {"$bytes": base64}, {"$time": base64 of GobEncode} and {"$int": decimal}.
func restore(v reflect.Value, told any, path string) error {
	object, _ := told.(map[string]any)
	if encoded, ok := object["$time"].(string); ok {
		data, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return err
		}
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		decoder, ok := v.Addr().Interface().(gob.GobDecoder)
		if !ok {
			return fmt.Errorf("%s: a time for a %s", path, v.Type())
		}
		return decoder.GobDecode(data)
	}
	if decimal, ok := object["$int"].(string); ok {
		told = json.Number(decimal)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return restore(v.Elem(), told, path)
	case reflect.Struct:
		for name, part := range object {
			field := v.FieldByName(name)
			if !field.IsValid() {
				return fmt.Errorf("%s has no field %s", path, name)
			}
			if err := restore(field, part, path+"."+name); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		entries, ok := object["$map"].([]any)
		if !ok {
			return wrong(v, told, path)
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, entry := range entries {
			pair := entry.([]any)
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			if err := restore(key, pair[0], path+"{key}"); err != nil {
				return err
			}
			if err := restore(value, pair[1], path+"{}"); err != nil {
				return err
			}
			v.SetMapIndex(key, value)
		}
		return nil
	case reflect.Slice:
		if encoded, ok := object["$bytes"].(string); ok {
			data, err := base64.StdEncoding.DecodeString(encoded)
			v.SetBytes(data)
			return err
		}
		list, ok := told.([]any)
		if !ok {
			return wrong(v, told, path)
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, part := range list {
			if err := restore(v.Index(i), part, path+"[]"); err != nil {
				return err
			}
		}
		return nil
	}
	return restoreScalar(v, told, path)
}

func restoreScalar(v reflect.Value, told any, path string) error {
	switch t := told.(type) {
	case string:
		if v.Kind() == reflect.String {
			v.SetString(t)
			return nil
		}
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(t)
			return nil
		}
	case json.Number:
		if v.CanInt() {
			number, err := strconv.ParseInt(t.String(), 10, 64)
			v.SetInt(number)
			return err
		}
		if v.CanFloat() {
			number, err := t.Float64()
			v.SetFloat(number)
			return err
		}
	}
	return wrong(v, told, path)
}

func wrong(v reflect.Value, told any, path string) error {
	return fmt.Errorf("%s: a %T for a %s", path, told, v.Type())
}

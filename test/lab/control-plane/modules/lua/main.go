// Runs a health check as Argo CD does: the script that the first argument names, with each JSON object of the list on standard
// input as the global `obj`; prints what each comes to as JSON.
// Like Argo CD (util/lua) it opens the base, table and string libraries alone.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
)

func main() {
	script, err := os.ReadFile(os.Args[1])
	check(err)
	var objects []any
	check(json.NewDecoder(os.Stdin).Decode(&objects))
	results := []map[string]string{}
	for _, object := range objects {
		results = append(results, health(string(script), object))
	}
	check(json.NewEncoder(os.Stdout).Encode(results))
}

func health(script string, object any) map[string]string {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{
		lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable, lua.StringLibName: lua.OpenString,
	} {
		check(state.CallByParam(lua.P{Fn: state.NewFunction(open), NRet: 0, Protect: true}, lua.LString(name)))
	}
	state.SetGlobal("obj", value(state, object))
	check(state.DoString(script))
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		check(fmt.Errorf("the script returned no table"))
	}
	result := map[string]string{}
	table.ForEach(func(key, value lua.LValue) { result[key.String()] = value.String() })
	return result
}

func value(state *lua.LState, object any) lua.LValue {
	switch typed := object.(type) {
	case string:
		return lua.LString(typed)
	case bool:
		return lua.LBool(typed)
	case float64:
		return lua.LNumber(typed)
	case []any:
		table := state.NewTable()
		for _, item := range typed {
			table.Append(value(state, item))
		}
		return table
	case map[string]any:
		table := state.NewTable()
		for key, item := range typed {
			table.RawSetString(key, value(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

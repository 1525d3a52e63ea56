package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
)

// lines keeps what go-plugin logs, one JSON object a line.
type lines struct {
	mutex sync.Mutex
	data  bytes.Buffer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.data.Write(data)
}

func (l *lines) objects() []any {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	objects := []any{}
	for line := range strings.Lines(l.data.String()) {
		var object any
		if json.Unmarshal([]byte(line), &object) == nil {
			objects = append(objects, object)
		}
	}
	return objects
}

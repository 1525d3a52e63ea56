package main

import (
	"bufio"
	"net/http"
	"sync"
	"time"
)

// resumer is Argo's part after Run: it resumes a measurement once its AnalysisRun has been woken.
type resumer struct {
	mutex   sync.Mutex
	waiting map[string]func()
	// Woken before Run's answer was here.
	early map[string]bool
	group sync.WaitGroup
}

// listen takes the AnalysisRuns to resume, NAMESPACE/NAME a line, from a URL that never ends.
func listen(url string) *resumer {
	r := &resumer{waiting: make(map[string]func()), early: make(map[string]bool)}
	response, err := api.Get(url)
	must(err)
	if response.StatusCode != http.StatusOK {
		panic(url + " answered " + response.Status)
	}
	go func() {
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			r.wake(lines.Text())
		}
	}()
	return r
}

// await calls resume once, when the AnalysisRun is woken or if it has been already.
func (r *resumer) await(analysisRun string, resume func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	once := func() {
		defer r.group.Done()
		resume()
	}
	r.group.Add(1)
	if r.early[analysisRun] {
		go once()
	} else {
		r.waiting[analysisRun] = once
	}
}

func (r *resumer) wake(analysisRun string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	resume, ok := r.waiting[analysisRun]
	if !ok {
		r.early[analysisRun] = true
		return
	}
	delete(r.waiting, analysisRun)
	go resume()
}

// finish waits until all have been resumed; false when that takes too long.
func (r *resumer) finish(limit time.Duration) bool {
	done := make(chan struct{})
	go func() { r.group.Wait(); close(done) }()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// chunk is one read of the session: who sent it and how many bytes of that side's file it is.
type chunk struct {
	From  string `json:"from"`
	Bytes int    `json:"bytes"`
}

// tee is the plugin to the host and the host to the plugin. It writes host-to-plugin.bin, plugin-to-host.bin and, in
// session.json, the order in which the pieces came.
func tee(dir string, command []string) int {
	plugin := exec.Command(command[0], command[1:]...)
	plugin.Stderr = os.Stderr
	stdout, err := plugin.StdoutPipe()
	check(err)
	check(plugin.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	check(err)
	parts := strings.Split(strings.TrimSpace(line), "|")

	address := filepath.Join(os.TempDir(), fmt.Sprintf("tee%d", os.Getpid()))
	listener, err := net.Listen("unix", address)
	check(err)
	fmt.Println(strings.Join([]string{parts[0], parts[1], "unix", address, parts[4], ""}, "|"))
	host, err := listener.Accept()
	check(err)
	check(listener.Close())
	far, err := net.Dial("unix", parts[3])
	check(err)

	var mutex sync.Mutex
	order := []chunk{}
	files := map[string]*os.File{}
	for _, from := range []string{"host", "plugin"} {
		name := map[string]string{"host": "host-to-plugin.bin", "plugin": "plugin-to-host.bin"}[from]
		files[from], err = os.Create(filepath.Join(dir, name))
		check(err)
	}
	var group sync.WaitGroup
	relay := func(from string, source, target net.Conn) {
		defer target.(*net.UnixConn).CloseWrite()
		buffer := make([]byte, 64<<10)
		for {
			n, err := source.Read(buffer)
			if n > 0 {
				mutex.Lock()
				order = append(order, chunk{from, n})
				_, failed := files[from].Write(buffer[:n])
				mutex.Unlock()
				check(failed)
				if _, err := target.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	group.Go(func() { relay("host", host, far) })
	group.Go(func() { relay("plugin", far, host) })
	group.Wait()

	data, err := json.Marshal(order)
	check(err)
	check(os.WriteFile(filepath.Join(dir, "session.json"), append(data, '\n'), 0o644))
	io.Copy(io.Discard, stdout)
	if plugin.Wait() != nil {
		return 1
	}
	return 0
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

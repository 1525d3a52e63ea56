/** Line → level|logger|message, as their loggers write them. */
export const FORMAT_CASES: Readonly<Record<string, readonly [string, string][]>> = {
  'syslog and the kernel': [
    [
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed for lonvick",
      "fatal|su|'su root' failed for lonvick",
    ],
    [
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
      "info|myproc|%% It's time to make the do-nuts.",
    ],
    [
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application"] An application event',
      'info|evntslog|An application event',
    ],
    ['<11>Oct 11 22:14:15 web-1 app[42]: cannot open file', 'error|app|cannot open file'],
    [
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
      "fatal|su|'su root' failed for lonvick on /dev/pts/<num>",
    ],
    [
      'Jan  2 15:04:05 web-1 kernel: [12345.678901] Out of memory: Killed process 42 (java)',
      'fatal|kernel|Out of memory: Killed process <num> (java)',
    ],
    ['<4>[12345.678901] TCP: out of memory', 'fatal|TCP|out of memory'],
  ],
  Python: [
    ['2024-01-02 15:04:05.123 | ERROR    | app.orders:place:42 - no stock', 'error|app.orders|no stock'],
    [
      '2024-01-02 15:04:05 [error    ] order failed                   [app.orders] order=7',
      'error||order failed [app.orders]',
    ],
    ['2024-01-02 15:04:05 [warning  ] slow order order=7 user=bob', 'warn||slow order'],
    ['[2024-01-02T15:04:05.123+0000] {taskinstance.py:1152} ERROR - Task failed', 'error||Task failed'],
    ['[02/Jan/2024 15:04:05] "GET /x HTTP/1.1" 500 12', 'error||"GET /x HTTP/1.1" 500 <num>'],
    [
      'INFO:     10.0.0.1:1234 - "GET /x HTTP/1.1" 500 Internal Server Error',
      'error||<ip> - "GET /x HTTP/1.1" 500 Internal Server Error',
    ],
    ['WARNING:root:low stock', 'warn|root|low stock'],
    ['2024-01-02 15:04:05,123 ERROR    app.orders no stock', 'error|app.orders|no stock'],
    ['2024-01-02 15:04:05,123 - ERROR - no stock', 'error||no stock'],
    ['[INFO] app.orders: placed', 'info|app.orders|placed'],
    ['2024-01-02 15:04:05,123 [MainThread] ERROR app.orders:42 - no stock', 'error|app.orders|no stock'],
  ],
  Java: [
    ['2024-01-02 15:04:05,123 ERROR [app.orders] no stock', 'error|app.orders|no stock'],
    [
      '02-Jan-2024 15:04:05.123 SEVERE [main] org.apache.catalina.core.StandardContext.startInternal One or more listeners failed',
      'error|org.apache.catalina.core.StandardContext.startInternal|One or more listeners failed',
    ],
    [
      '2024-01-02 15:04:05,123 ERROR [org.acme.Orders] (executor-thread-1) no stock',
      'error|org.acme.Orders|no stock',
    ],
    [
      '15:04:05,123 ERROR [org.jboss.as] (ServerService Thread Pool -- 1) WFLYSRV0026: started with errors',
      'error|org.jboss.as|WFLYSRV0026: started with errors',
    ],
    [
      '2024-01-02 15:04:05.123 ERROR [shop,abc123def4567890,def4567890abc123] 1 --- [nio-8080-exec-1] c.acme.OrderController : boom',
      'error|c.acme.OrderController|boom',
    ],
    [
      '2024-01-02T15:04:05.123Z ERROR 1 --- [shop] [nio-8080-exec-1] c.acme.OrderController : boom',
      'error|c.acme.OrderController|boom',
    ],
    [
      '[2024-01-02 15:04:05,123] ERROR [KafkaServer id=0] Fatal error during startup (kafka.server.KafkaServer)',
      'error|kafka.server.KafkaServer|Fatal error during startup',
    ],
    [
      '[2024-01-02T15:04:05,123][WARN ][o.e.c.r.a.DiskThresholdMonitor] [node-1] high disk watermark',
      'warn|o.e.c.r.a.DiskThresholdMonitor|[node-<num>] high disk watermark',
    ],
    ['2024-01-02 15:04:05,123 [myid:1] - WARN  [main:QuorumPeer@123] - no quorum', 'warn||no quorum'],
    [
      '[0.123s][info][gc] GC(0) Pause Young (Normal) 12M->3M(64M) 1.234ms',
      'info|gc|GC(<num>) Pause Young (Normal) <size>-><size>(<size>) <dur>',
    ],
    ['SEVERE: cannot start', 'error||cannot start'],
    ['Jan 02, 2024 3:04:05 PM com.acme.App main', 'unknown|com.acme.App|main'],
    ["[15:04:05] [Server thread/WARN]: Can't keep up!", "warn||Can't keep up!"],
  ],
  Node: [
    ['[15:04:05.123] ERROR (42): no stock', 'error||no stock'],
    ['[2024-01-02T15:04:05.123Z] ERROR: shop/42 on web-1: no stock', 'error|shop|no stock'],
    ['[2024-01-02T15:04:05.123] [ERROR] default - no stock', 'error|default|no stock'],
    ['2024-01-02T15:04:05.123Z error: no stock', 'error||no stock'],
    ['2024-01-02 15:04:05 error [orders]: no stock', 'error|orders|no stock'],
    ['[shop] 2024-01-02T15:04:05.123Z error: no stock', 'error|shop|no stock'],
    ['2024-01-02T15:04:05.123Z - error: no stock', 'error||no stock'],
    [
      '(node:42) [DEP0005] DeprecationWarning: Buffer() is deprecated',
      'warn||(node:<num>) [DEP0005] DeprecationWarning: Buffer() is deprecated',
    ],
    ['npm ERR! code ELIFECYCLE', 'error||npm ERR! code ELIFECYCLE'],
  ],
  Go: [
    [
      '2024-01-02T15:04:05.123Z\tERROR\tdb/pool.go:42\tno route\t{"error": "x"}',
      'error|db/pool.go|no route {…}',
    ],
    [
      '2024-01-02T15:04:05.123Z\tERROR\tcontroller.pod\tReconciler error\t{"pod": "x"}',
      'error|controller.pod|Reconciler error {…}',
    ],
    ['2024-01-02T15:04:05Z ERR no route error="dial tcp" attempt=3', 'error||no route error=dial tcp'],
    ['3:04PM ERR no route error="dial tcp"', 'error||no route error=dial tcp'],
    ['ERRO[0012] no route                                    attempt=3', 'error||no route'],
    ['WARN[2024-01-02T15:04:05Z] no route', 'warn||no route'],
    ['time=2024-01-02T15:04:05.123Z level=ERROR msg="no route" err=x', 'error||no route err=x'],
    ['2024/01/02 15:04:05 ERROR no route err=x attempt=3', 'error||no route err=x'],
    ['2024-01-02T15:04:05.123Z [ERROR] agent.server: no route: err=x', 'error|agent.server|no route: err=x'],
    ['2024-01-02 15:04:05.123456 E | etcdserver: no leader', 'error|etcdserver|no leader'],
    ['2024/01/02 15:04:05.123456 main.go:42: no route', 'unknown|main.go|no route'],
    [
      '[GIN] 2024/01/02 - 15:04:05 | 500 |   1.234567ms |  10.0.0.1 | GET      "/x"',
      'error|GIN|500 | <dur> | <ip> | GET "/x"',
    ],
    [
      'http: panic serving 10.0.0.1:1234: runtime error: index out of range',
      'error||http: panic serving <ip>: runtime error: index out of range',
    ],
    ['2024/01/02 15:04:05 http: panic serving 10.0.0.1:1234: boom', 'error|http|panic serving <ip>: boom'],
    ['2024/01/02 15:04:05 [ERR] agent: no route', 'error|agent|no route'],
    ['[2024-01-02T15:04:05.123Z ERROR app::db] no pool', 'error|app::db|no pool'],
    [
      '2024-01-02T15:04:05.123456Z ERROR request{method=GET path=/x}: app::web: no pool error=x',
      'error|app::web|no pool error=x',
    ],
  ],
  Rust: [
    ['2024-01-02T15:04:05.123456Z ERROR ThreadId(01) app::web: no pool', 'error|app::web|no pool'],
    [
      '2024-01-02T15:04:05.123456Z ERROR app::web: src/web.rs:42: no pool',
      'error|app::web|src/web.rs:<num>: no pool',
    ],
    ['[2024-01-02][15:04:05][app::db][ERROR] no pool', 'error|app::db|no pool'],
    ['[2024-01-02][15:04:05][ERROR][app::db] no pool', 'error|app::db|no pool'],
    ['Jan 02 15:04:05.123 ERRO no pool, attempt: 3', 'error||no pool, attempt: <num>'],
    ['2024-01-02T15:04:05+00:00 ERROR app::db - no pool', 'error|app::db|no pool'],
    ['fail: Microsoft.AspNetCore.Server.Kestrel[13]', 'error|Microsoft.AspNetCore.Server.Kestrel|'],
    ['info: Microsoft.Hosting.Lifetime[14]', 'info|Microsoft.Hosting.Lifetime|'],
  ],
  '.NET': [
    ['[15:04:05 ERR] no stock', 'error||no stock'],
    ['2024-01-02 15:04:05.123 +00:00 [ERR] no stock', 'error||no stock'],
    ['2024-01-02 15:04:05.1234|ERROR|App.Orders|no stock', 'error|App.Orders|no stock'],
    ['2024-01-02 15:04:05,123 [1] ERROR App.Orders - no stock', 'error|App.Orders|no stock'],
    [
      '2024-01-02 15:04:05.123 UTC [42] ERROR:  relation "x" does not exist at character 15',
      'error||relation "x" does not exist at character <num>',
    ],
    [
      '2024-01-02 15:04:05.123 UTC [42] app@shop FATAL:  password authentication failed',
      'fatal||password authentication failed',
    ],
  ],
  'databases and servers': [
    [
      '2024-01-02T15:04:05.123456Z 0 [ERROR] [MY-010119] [Server] Aborting',
      'error|MY-010119|[Server] Aborting',
    ],
    ['1:M 02 Jan 2024 15:04:05.123 # Server initialized', 'warn||Server initialized'],
    ['1:M 02 Jan 2024 15:04:05.123 * Ready to accept connections', 'info||Ready to accept connections'],
    ['[2024-01-02 15:04:05.123][1][warning][config] [source/server.cc:12] no route', 'warn|config|no route'],
    [
      '[Tue Jan 02 15:04:05.123456 2024] [core:error] [pid 7:tid 8] [client 10.0.0.1:3] AH00126: Invalid URI',
      'error|AH00126|Invalid URI',
    ],
    ['2024/01/02 15:04:05 [crit] 7#7: *1 SSL_do_handshake() failed', 'fatal||SSL_do_handshake() failed'],
    ['E, [2024-01-02T15:04:05.123456 #42] ERROR -- : no stock', 'error||no stock'],
  ],
  'Ruby, PHP, Erlang': [
    ['E, [2024-01-02T15:04:05.123456 #42] ERROR -- app: no stock', 'error|app|no stock'],
    [
      '[02-Jan-2024 15:04:05 UTC] PHP Fatal error:  Uncaught Error: no stock in /app/x.php:3',
      'error||PHP Fatal error: Uncaught Error: no stock in /app/x.php:<num>',
    ],
    [
      'PHP Warning:  Undefined variable $x in /app/x.php on line 3',
      'warn||PHP Warning: Undefined variable $x in /app/x.php on line <num>',
    ],
    [
      '[2024-01-02T15:04:05.123456+00:00] app.ERROR: no stock {"exception":"x"} []',
      'error|app|no stock {…} []',
    ],
    ['[2024-01-02 15:04:05] production.ERROR: no stock {"userId":1}', 'error|production|no stock {…}'],
    [
      'NOTICE: PHP message: PHP Fatal error:  Uncaught Error: no stock',
      'error||PHP message: PHP Fatal error: Uncaught Error: no stock',
    ],
    ['2024-01-02 15:04:05.123 [error] <0.123.0> no stock', 'error||no stock'],
    ['15:04:05.123 [error] GenServer Shop.Orders terminating', 'error||GenServer Shop.Orders terminating'],
    ['2024-01-02 15:04:05.123456+00:00 [error] <0.123.0> no stock', 'error||no stock'],
    [
      '[Nest] 42  - 01/02/2024, 3:04:05 PM   ERROR [OrdersService] boom +12ms',
      'error|OrdersService|boom <dur>',
    ],
  ],
  'klog and CI': [
    ['##[error]Process completed with exit code 1.', 'error||Process completed with exit code 1.'],
    [
      'I0102 15:04:05.678901   12345 server.go:123] "Reconciling" pod="a/b" duration="1.2s"',
      'info|server.go|"Reconciling"',
    ],
    ['E0102 15:04:05.678901 12345 reflector.go:9] "Failed" err="x"', 'error|reflector.go|"Failed" err=x'],
    [
      'W0102 15:04:05.678901       1 client_config.go:659] Neither --kubeconfig nor --master was specified.',
      'warn|client_config.go|Neither --kubeconfig nor --master was specified.',
    ],
    ['F0102 15:04:05.678901       1 main.go:9] cannot start', 'fatal|main.go|cannot start'],
    ['{"log":"ERROR no stock\\n","stream":"stdout","time":"2024-01-02T15:04:05.123456789Z"}', 'unknown||{…}'],
  ],
  'access logs': [
    [
      '10.0.0.1:1234 - - [02/Jan/2024 15:04:05] "GET / HTTP/1.1" 404 -',
      'warn||<ip> - - [<ts>] "GET / HTTP/1.1" 404 -',
    ],
    ['GET /x 500 12.345 ms - 12', 'error||GET /x 500 <dur> - <num>'],
    [
      '::ffff:10.0.0.1 - GET /x HTTP/1.1 503 12 - 1.234 ms',
      'error||<ip> - GET /x HTTP/1.1 503 <num> - <dur>',
    ],
    [
      '[2024-01-02T15:04:05.123Z] "GET /x HTTP/1.1" 503 UF 0 91 12 - "-" "curl" "abc" "shop" "10.0.0.1:80"',
      'error||"GET /x HTTP/1.1" 503 UF <num> <num> <num> - "-" "curl" "abc" "shop" "<ip>"',
    ],
    [
      'Started GET "/x" for 10.0.0.1 at 2024-01-02 15:04:05 +0000',
      'unknown||Started GET "/x" for <ip> at <ts>',
    ],
    [
      'Completed 500 Internal Server Error in 12ms (ActiveRecord: 1.2ms)',
      'error||Completed 500 Internal Server Error in <dur> (ActiveRecord: <dur>)',
    ],
    [
      'dial tcp 10.0.0.1:5432: connect: connection refused',
      'unknown||dial tcp <ip>: connect: connection refused',
    ],
  ],
  'plain text': [['Killed', 'fatal||Killed']],
};

import { expect } from 'chai';
import { templatesOf } from './support.ts';

describe('stack traces', () => {
  it('are joined for .NET, with the inner exception and the console logger', () => {
    expect(
      templatesOf(
        'fail: Shop.Orders[0]',
        '      Order 7 failed',
        '      System.InvalidOperationException: no stock for 7',
        '       ---> System.TimeoutException: no answer in 30ms',
        '         at Shop.Stock.Take(Int32 id) in /src/Stock.cs:line 12',
        '         --- End of inner exception stack trace ---',
        '         at Shop.Orders.Place(Int32 id) in /src/Orders.cs:line 34',
        'info: Shop.Orders[0]',
        '      Order 8 placed',
      ),
    ).to.have.members([
      '1 error Shop.Orders|Order <num> failed | ---> System.TimeoutException: no answer in <dur>',
      '1 info Shop.Orders|Order <num> placed',
    ]);
    expect(
      templatesOf(
        'Unhandled exception. System.NullReferenceException: Object reference not set',
        '   at Shop.Program.Main(String[] args) in /src/Program.cs:line 7',
      ),
    ).to.deep.equal([
      '1 fatal -|Unhandled exception. System.NullReferenceException: Object reference not set | at Shop.Program.Main(String[] args) in /src/Program.cs:line <num>',
    ]);
  });

  it('are joined for a request that panicked in Go', () => {
    expect(
      templatesOf(
        '2024/01/02 15:04:05 http: panic serving 10.0.0.1:1234: boom',
        'goroutine 19 [running]:',
        'net/http.(*conn).serve.func1()',
        '\t/usr/local/go/src/net/http/server.go:1898 +0xbe',
        'panic({0x5f, 0x7a})',
        '\t/usr/local/go/src/runtime/panic.go:770 +0x132',
        'main.handle({0x7f, 0x1})',
        '\t/app/main.go:12 +0x1d',
        '2024/01/02 15:04:06 next',
      ),
    ).to.have.members([
      '1 error http|panic serving <ip>: boom | net/http.(*conn).serve.func<num>() | panic({<hex>}) | main.handle({<hex>})',
      '1 unknown -|next',
    ]);
  });

  it('are joined for Rust with its backtrace', () => {
    expect(
      templatesOf(
        "thread 'tokio-runtime-worker' panicked at src/db.rs:12:9:",
        'called `Option::unwrap()` on a `None` value',
        'stack backtrace:',
        '   0: rust_begin_unwind',
        '             at /rustc/abc/library/std/src/panicking.rs:645:5',
        '   1: core::panicking::panic_fmt',
        '   2: shop::db::pool',
        'note: Some details are omitted',
        'INFO next',
      ),
    ).to.have.members([
      "1 fatal -|thread 'tokio-runtime-worker' panicked at src/db.rs:<num>:<num>: | called `Option::unwrap()` on a `None` value | at /rustc/abc/library/std/src/panicking.rs:<num>:<num> | <num>: core::panicking::panic_fmt | <num>: shop::db::pool",
      '1 info -|next',
    ]);
  });

  it('are joined for Java with causes and suppressed ones, the innermost cause kept', () => {
    expect(
      templatesOf(
        'Exception in thread "main" java.lang.RuntimeException: outer',
        '\tat a.B.c(B.java:1)',
        '\tSuppressed: java.io.IOException: closing',
        '\t\tat a.B.close(B.java:9)',
        'Caused by: java.lang.IllegalStateException: middle',
        '\tat a.D.e(D.java:2)',
        '\t... 1 more',
        'Caused by: java.net.ConnectException: Connection refused',
        '\t... 2 more',
      ),
    ).to.deep.equal([
      '1 fatal -|Exception in thread "main" java.lang.RuntimeException: outer | Caused by: java.net.ConnectException: Connection refused | at a.B.c(B.java:<num>)',
    ]);
  });

  it('are joined for a Python chain, which ends with the exception that was raised', () => {
    expect(
      templatesOf(
        'Traceback (most recent call last):',
        '  File "/app/a.py", line 1, in f',
        '    g()',
        'KeyError: 7',
        '',
        'During handling of the above exception, another exception occurred:',
        '',
        'Traceback (most recent call last):',
        '  File "/app/b.py", line 2, in h',
        '    raise OrderError("x")',
        'app.errors.OrderError: x',
      ),
    ).to.deep.equal([
      '1 error -|app.errors.OrderError: x | File "/app/a.py", line <num>, in f | File "/app/b.py", line <num>, in h',
    ]);
  });

  it('are joined for Node with the cause and the source line before', () => {
    const lines = templatesOf(
      'TypeError: fetch failed',
      '    at node:internal/deps/undici/undici:13510:13',
      '    at async run (file:///app/a.js:3:4) {',
      '  [cause]: Error: connect ECONNREFUSED 10.0.0.1:80',
      '      at TCPConnectWrap.afterConnect (node:net:1611:16) {',
      '    code: "ECONNREFUSED"',
      '  }',
      '}',
      '{"level":30,"msg":"next"}',
    );
    expect(lines).to.have.length(2);
    expect(lines).to.include('1 info -|next');
    expect(lines.find((line) => line.startsWith('1 error'))).to.match(
      /^1 error -\|TypeError: fetch failed \| \[cause\]: Error: connect ECONNREFUSED <ip>/,
    );
  });

  it('are joined for Ruby and PHP', () => {
    expect(
      templatesOf(
        "NoMethodError: undefined method `x' for nil:NilClass",
        "\tfrom /app/a.rb:12:in `place'",
        "\tfrom /app/b.rb:3:in `<main>'",
      ),
    ).to.have.length(1);
    expect(
      templatesOf(
        'PHP Fatal error:  Uncaught RuntimeException: no stock in /app/x.php:3',
        'Stack trace:',
        '#0 /app/y.php(7): place()',
        '#1 {main}',
        '  thrown in /app/x.php on line 3',
        'INFO next',
      ),
    ).to.have.members([
      '1 error -|PHP Fatal error: Uncaught RuntimeException: no stock in /app/x.php:<num> | #<num> /app/y.php(<num>): place() | #<num> {main}',
      '1 info -|next',
    ]);
  });
});

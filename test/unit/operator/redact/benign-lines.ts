import { pick, type Random } from './pattern-values.ts';

const HEX = '0123456789abcdef';
const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SAFE = 'bcdfghjklmnpqrstvwxz2456789';
const NAMES = [
  'shop',
  'cart',
  'checkout',
  'payment-api',
  'user-service',
  'auth-proxy',
  'key-store',
  'token-broker',
  'secret-sync',
];
const WORDS = [
  'order',
  'retry',
  'cache',
  'queue',
  'batch',
  'index',
  'session',
  'stream',
  'worker',
  'lease',
  'shard',
  'schema',
];

/** A line of a log that holds nothing to hide, but much that looks like it. */
export function benignLine(random: Random): string {
  const of = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
  const number = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
  const hex = (n: number): string => of(HEX, n);
  const uuid = (): string =>
    `${hex(8)}-${hex(4)}-4${hex(3)}-${pick(random, ['8', '9', 'a', 'b'])}${hex(3)}-${hex(12)}`;
  const two = (n: number): string => String(n).padStart(2, '0');
  const time = (): string =>
    `2026-${two(number(1, 12))}-${two(number(1, 28))}T${two(number(0, 23))}:${two(number(0, 59))}:${two(number(0, 59))}.${String(number(0, 999)).padStart(3, '0')}Z`;
  const name = (): string => pick(random, NAMES);
  const word = (): string => pick(random, WORDS);
  const pod = (): string => `${name()}-${of(SAFE, 10)}-${of(SAFE, 5)}`;
  const ip = (): string => `10.${number(0, 255)}.${number(0, 255)}.${number(1, 254)}`;
  const host = (): string => `${name()}.${pick(random, ['shop', 'prod', 'default'])}.svc.cluster.local`;
  const base64 = (n: number): string => `${of(`${ALNUM}+/`, n)}==`;
  const digits = (n: number): string => `${number(1, 9)}${of('0123456789', n - 1)}`;
  const level = (): string => pick(random, ['info', 'warn', 'error', 'debug']);

  const kinds: readonly (() => string)[] = [
    () =>
      `${time()} INFO [http-nio-8080-exec-${number(1, 20)}] c.acme.${word()}.${word()}Service - request ${uuid()} took ${number(1, 900)} ms`,
    () =>
      `{"level":"${level()}","time":"${time()}","msg":"handled ${word()}","trace_id":"${hex(32)}","span_id":"${hex(16)}","status":${pick(random, [200, 404, 500])}}`,
    () =>
      `ts=${time()} level=${level()} msg="fetched blob" digest=sha256:${hex(64)} size=${number(10, 99_999)}`,
    () => `Pulling image "registry.example.com/shop/${name()}@sha256:${hex(64)}"`,
    () => `checked out ${hex(40)} (${word()}: bump to v${number(0, 9)}.${number(0, 20)}.${number(0, 9)})`,
    () => `commit=${hex(7)} build=${number(100, 9999)} branch=main`,
    () =>
      `I${two(number(1, 12))}${two(number(1, 28))} 12:13:14.${digits(6)}       1 controller.go:${number(1, 900)}] "Reconciled" pod="shop/${pod()}" node="ip-10-0-${number(0, 255)}-${number(0, 255)}.ec2.internal"`,
    () => `cache key: user:${number(1, 99_999)}:profile hit=${pick(random, ['true', 'false'])}`,
    () => `cache_key=${hex(32)} ttl=${number(1, 600)}s`,
    () => `idempotency_key=${uuid()} ${word()} accepted`,
    () => `partition key=${word()}-${number(0, 99)} offset=${digits(12)} lag=${number(0, 999)}`,
    () => `s3 object key: uploads/2026/${number(1, 12)}/${uuid()}.png etag="${hex(32)}"`,
    () => `authentication succeeded for user ${number(1, 9999)} from ${ip()}`,
    () => `Failed password for invalid user admin from ${ip()} port ${number(1024, 65_535)} ssh2`,
    () => `token expired at ${time()}, refreshing`,
    () => `Token validation failed: signature has expired`,
    () => `SyntaxError: Unexpected token '<' in JSON at position ${number(0, 99)}`,
    () => `unexpected token: ${word()} at line ${number(1, 99)}`,
    () =>
      `tokens=${number(1, 4096)} prompt_tokens=${number(1, 4096)} max_tokens=4096 next_token=${number(1, 999)}`,
    () =>
      `MountVolume.SetUp failed for volume "kube-api-access-${of(SAFE, 5)}" : secret "${name()}-tls" not found`,
    () => `secret: ${pick(random, ['shop', 'prod'])}/${name()}-tls synced`,
    () => `Loaded credentials from /var/run/secrets/kubernetes.io/serviceaccount/token`,
    () =>
      `access log ${ip()} - - [04/Mar/2026:05:06:07 +0000] "GET /api/v1/keys/${number(1, 999)} HTTP/1.1" 200 ${number(10, 9999)} "-" "Mozilla/5.0"`,
    () =>
      `GET http://${host()}:8080/api/${word()}/${uuid()}?page=${number(1, 9)}&sort=created_at 200 ${number(1, 99)}ms`,
    () => `connecting to postgres://${host()}:5432/${word()}?sslmode=require`,
    () => `etag W/"${hex(10)}-${base64(26)}" not modified`,
    () => `payload ${base64(number(10, 60) * 2)} decoded, ${number(10, 900)} bytes`,
    () => `thumbnail data:image/png;base64,iVBORw0KGgo${base64(80)}`,
    () => `checksum ${pick(random, ['md5', 'sha1', 'crc32c'])}=${base64(22)} ok`,
    () => `integrity sha512-${base64(86)} verified for lodash@4.17.${number(10, 21)}.tgz`,
    () => `Sec-WebSocket-Accept: ${base64(26)}`,
    () =>
      `order ${digits(pick(random, [10, 12, 13, 18]))} shipped, total ${number(1, 999)}.${two(number(0, 99))} EUR`,
    () => `{"level":"info","msg":"event","id":"${digits(18)}","seq":${digits(16)},"ts":${digits(13)}}`,
    () => `event_id=${of('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26)} type=${word()}.created`,
    () =>
      `goroutine ${number(1, 900)} [select]:\nmain.(*Server).run(0xc000${hex(6)}, {0x${hex(6)}, 0x${hex(2)}})\n\t/app/server.go:${number(1, 900)} +0x${hex(3)}`,
    () =>
      `java.lang.IllegalStateException: ${word()} not ready\n\tat com.acme.auth.TokenFilter.doFilter(TokenFilter.java:${number(1, 300)})\n\tat com.acme.Main$$Lambda$${number(10, 99)}/0x${hex(16)}.run(Unknown Source)`,
    () => `object com.acme.${word()}.KeyHolder@${hex(8)} registered`,
    () =>
      `node ip-10-0-${number(0, 255)}-${number(0, 255)}.eu-west-1.compute.internal Ready, kubelet v1.3${number(0, 5)}.${number(0, 9)}`,
    () => `arn:aws:iam::${digits(12)}:role/${name()}-role assumed, session ${name()}-${digits(10)}`,
    () => `request_id=${uuid()} api_version=2026-01-01 auth=oidc key_id=${hex(16)}`,
    () => `public_key fingerprint SHA256:${of(`${ALNUM}+/`, 43)} accepted`,
    () => `Name: ${pod()} Namespace: shop UID: ${uuid()} IP: ${ip()}`,
    () =>
      `helm release ${name()}-${number(1, 9)}.${number(0, 20)}.${number(0, 9)} revision ${number(1, 99)} deployed (sh.helm.release.v1.${name()}.v${number(1, 99)})`,
    () => `password is required`,
    () => `password changed for user ${number(1, 9999)}, ${number(0, 9)} sessions revoked`,
    () => `Basic authentication is disabled, bearer tokens are required`,
    () => `basic auth-mode=none; api key rotation in ${number(1, 90)}d`,
    () =>
      `kafka: group=${name()} member=${name()}-${number(0, 9)}-${uuid()} assigned ${word()}-${number(0, 64)}`,
    () => `celery@${pod()} ready, unit getty@tty1.service ok, user@1000.service ok`,
    () => `git clone git@github.com:acme/${name()}.git took ${number(1, 60)}s`,
    () =>
      `datadog agent ${number(1, 9)}.${number(10, 60)}.${number(0, 9)} flushed ${number(1, 900)} series; sentry release=${hex(12)}; heroku[router]: request_id=${uuid()}`,
    () =>
      `discord gateway heartbeat ${number(1, 99)}ms; slack notifier: channel=#deploys sent=true; stripe webhook evt_${of(ALNUM, 24)} handled`,
    () => `W3C traceparent: 00-${hex(32)}-${hex(16)}-01`,
    () => `X-Amzn-Trace-Id: Root=1-${hex(8)}-${hex(24)};Sampled=1`,
    () => `x-request-id: ${uuid()} x-envoy-upstream-service-time: ${number(1, 99)}`,
    () => `schema registry: subject=${word()}-key id=${number(1, 999)} compatibility=BACKWARD`,
    () => `"sort_key":"${word()}#${time()}","hash_key":"${hex(24)}","primary_key":"${uuid()}"`,
    () => `access_time=${time()} access_count=${number(1, 99)} author=${word()}`,
    () => `lock acquired key=/registry/leases/kube-system/${name()} rev=${digits(9)}`,
    () =>
      `redis: GET session:${uuid()} -> nil (${number(1, 9)} ms), key=${name()}:${number(1, 9999)}:${word()}`,
  ];
  return pick(random, kinds)();
}

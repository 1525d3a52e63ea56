const METHOD = '(?:GET|PUT|POST|HEAD|PATCH|DELETE|OPTIONS)';
/** What stands behind a status: the end, a measure, a reason or a sign, but not the name of what was counted, `500 items`. */
const BEHIND =
  '(?=$|[,;)\\]]| (?:$|[<\\d"(\\-|,A-Z{]|(?:in|took|after|from|for|to|null)(?: |$)|[a-z]+/[a-z]))';
const SAID =
  '(?:(?:[-=]>|\u2192|-|\\||\\.+) )?(?:(?:responded|returned|answered|with|code|status|status code):? (?:with )?(?:status:? )?)?';

/** Where a text tells the status of a request; each sees at most 512 bytes of masked text. */
const REQUESTS: readonly RegExp[] = [
  // Access logs: `"GET /x HTTP/1.1" 500 12`; chi has the address of the client between.
  new RegExp(
    `"(?:${METHOD} [^"]{1,400}|[^"]{0,400} HTTP/[\\d.]{1,3}|-?)" (?:from \\S{1,60} - )?(\\d{3})${BEHIND}`,
  ),
  // gin, fiber: `| 500 | 12ms |`.
  new RegExp(`(?:^|\\| )(\\d{3}) \\|(?=.{0,120}(?:<dur>|${METHOD}))`),
  // `GET /x 500 12ms`, `GET /x HTTP/1.1 500`, `HTTP GET /x responded 500 in 12 ms`, `GET /x -> 500`.
  new RegExp(`(?:^|[ "])${METHOD} [^ ]{1,400} (?:HTTP/[\\d.]{1,3}"? )?${SAID}(\\d{3})${BEHIND}`),
  // Rails, Phoenix, ASP.NET Core.
  /^(?:\[[^\]]{1,80}\] ){0,3}(?:Completed (\d{3}) [A-Z]|Sent (\d{3}) in |Request finished in <dur> (\d{3})(?: |$))/,
  // The status first: Ktor, Tornado, PHP's own server.
  new RegExp(`^(?:<ip> )?\\[?(\\d{3})(?:\\]: | | [A-Z][A-Za-z ]{1,40}: )${METHOD} `),
];
const PAIR = /(?:^|[ ,;({[])["']?([A-Za-z_][\w.-]{0,48})["']?(?:=|: ?)["']?([1-5]\d\d)["']?(?=$|[ ,;)}\]])/g;
/** Keys of a response's status, in lower case and without dots, dashes and underscores. */
const STATUS_KEY =
  /^(?:attributes|fields|context|http|request|req|response|resp|res|downstream|server)*(?:status|statuscode)$|^(?:http|response|resp|res)code$/;
const IS_REQUEST = new RegExp(
  `(?:^|[ "])(?:${METHOD} \\S|(?i:(?:[\\w.]{0,40}[._])?(?:method|path|uri|url))(?:=|: )\\S)`,
);

/** The status of a request, as a record tells it. */
export interface RequestStatus {
  readonly status: number;
  /** True where the record names the request, too: it is the request's own, not one of a call that something else makes. */
  readonly isRequest: boolean;
}

/** The status in an access log or another record of a request; undefined where a number of three digits is something else. */
export function accessStatus(message: string): number | undefined {
  for (const pattern of REQUESTS) {
    const status = pattern
      .exec(message)
      ?.slice(1)
      .find((group) => group !== undefined);
    if (status !== undefined) return Number(status);
  }
  return undefined;
}

/** The status among the pairs of a text, `status=500`, `statusCode: 500`, whatever stands around them. */
export function pairedStatus(message: string): RequestStatus | undefined {
  for (const [, key = '', value] of message.matchAll(PAIR)) {
    if (isStatusKey(key)) return { status: Number(value), isRequest: IS_REQUEST.test(message) };
  }
  return undefined;
}

/** True for the key of a response's status, `status`, `status_code`, `http.response.statusCode`; not for `exit_status`. */
export function isStatusKey(key: string): boolean {
  return STATUS_KEY.test(key.toLowerCase().replace(/[._-]/g, ''));
}

/** The status that a text tells, by its form or in a pair. */
export function requestStatus(message: string): RequestStatus | undefined {
  const status = accessStatus(message);
  return status === undefined ? pairedStatus(message) : { status, isRequest: true };
}

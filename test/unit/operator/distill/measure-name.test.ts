import { expect } from 'chai';
import { measureOf } from '../../../../operator/distill/measure-name.ts';

describe('measureOf', () => {
  const measures: readonly [string, number | undefined][] = [
    ['duration_ms', 1],
    ['durationMs', 1],
    ['elapsed_seconds', 1_000],
    ['latency_us', 1e-3],
    ['took_ns', 1e-6],
    ['http.latency', undefined],
    ['duration', undefined],
    ['elapsed', undefined],
    ['took', undefined],
    ['responseTime', undefined],
    ['upstream_response_time', undefined],
    ['process_time_ms', 1],
    ['timings.db.ms', 1],
    ['ms', 1],
    ['body_bytes_sent_bytes', undefined],
    ['response_size', undefined],
    ['bytes', undefined],
    ['contentLength', undefined],
    ['heap_used', undefined],
    ['consumer_lag', undefined],
    ['queueDepth', undefined],
  ];
  for (const [name, msPerUnit] of measures) {
    it(`takes ${name} for a measure${msPerUnit === undefined ? '' : ` of ${msPerUnit} ms`}`, () =>
      expect(measureOf(name)).to.deep.equal(msPerUnit === undefined ? {} : { msPerUnit }));
  }

  for (const name of [
    ...[
      'id',
      'user_id',
      'pid',
      'tid',
      'port',
      'status',
      'statusCode',
      'code',
      'exit_code',
      'version',
      'line',
    ],
    ...['time', 'ts', 'timestamp', 'start_time', 'startedAt', 'created_at_ms', 'uptime_ms', 'bytes_total'],
    ...[
      'retry_delay_ms',
      'timeoutMs',
      'connect.timeout',
      'max_latency',
      'page_size',
      'pool.size',
      'backoff_ms',
    ],
    ...['attempt', 'seq', 'offset', 'level', 'count', 'msg', 's', 'name', '', '...', '日本'],
  ]) {
    it(`takes ${JSON.stringify(name)} for none`, () => expect(measureOf(name)).to.equal(undefined));
  }
});

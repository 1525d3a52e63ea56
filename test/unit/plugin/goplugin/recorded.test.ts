import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { GobEncoder } from '../../../../plugin/goplugin/gob/encoder.ts';
import type { FieldsRead } from '../../../../plugin/goplugin/gob/type-registry.ts';
import { GobInterface } from '../../../../plugin/goplugin/gob/wire.ts';
import { fromWire, MEASUREMENT, toWire } from '../../../../plugin/goplugin/measurement.ts';
import type { AnalysisRun, Metric, WireMeasurement } from '../../../../plugin/goplugin/metric-provider.ts';
import { FIELDS_READ, pluginOf, subjectOf } from '../../../../plugin/provider/subject.ts';
import { cutAt, cuts } from './chunks.ts';
import { decodeAll, recorded, takeApart } from './recorded.ts';

interface Call {
  readonly header: { readonly ServiceMethod: string; readonly Seq?: number };
  readonly body: unknown;
}

function calls(values: readonly unknown[]): Call[] {
  const list: Call[] = [];
  for (let i = 0; i + 1 < values.length; i += 2) {
    list.push({ header: values[i] as Call['header'], body: values[i + 1] });
  }
  return list;
}

describe('the session recorded with a real host', () => {
  let host: Buffer;
  let pluginStream: Buffer;
  let analysisRun: { metadata: Record<string, unknown>; spec: { args: { name: string }[] } };

  before(async () => {
    host = await recorded('host-to-plugin');
    const stream = takeApart([host]).streams.get(7);
    if (stream === undefined) throw new Error('no stream 7 was recorded');
    pluginStream = stream.subarray(4);
    analysisRun = JSON.parse(
      await readFile(new URL('../../../host/analysis-run.json', import.meta.url), 'utf8'),
    );
  });

  it('opens streams 1, 3, 5 with SYN, the broker stream 7 with its id, and ends 1, 3, 5 with FIN and no GoAway', () => {
    const { frames, streams } = takeApart([host]);
    const opened = frames
      .filter((frame) => frame.flags & 1 && frame.type === 1)
      .map((frame) => frame.streamId);
    const ended = frames.filter((frame) => frame.flags & 4).map((frame) => frame.streamId);
    expect(opened).to.deep.equal([1, 3, 5, 7]);
    expect(ended).to.deep.equal([1, 3, 5]);
    expect(frames.some((frame) => frame.type === 3)).to.equal(false);
    expect(streams.get(7)?.readUInt32LE()).to.equal(1);
  });

  it('takes apart to the same streams however it is cut', () => {
    const whole = takeApart([host]);
    fc.assert(
      fc.property(cuts, (points) => {
        expect(takeApart(cutAt(host, points))).to.deep.equal(whole);
      }),
      { numRuns: 30 },
    );
    expect(takeApart(cutAt(host, 'each byte'))).to.deep.equal(whole);
  });

  it('defines 219 types up to the first Run', () => {
    expect(typesAtFirstRun(pluginStream)).to.deep.equal({ struct: 164, slice: 50, map: 3, opaque: 2 });
  });

  it('brings the plugin what it reads and little else: who asks is the same as with all of it', () => {
    const argumentsOf = (reads?: FieldsRead) =>
      calls(decodeAll([pluginStream], reads).values)
        .filter(({ header }) => /Run|Resume|Terminate/.test(header.ServiceMethod))
        .map(({ body }) => (body as GobInterface).value as { AnalysisRun: AnalysisRun; Metric: Metric });
    const [whole, read] = [argumentsOf(), argumentsOf(FIELDS_READ)];
    expect(read).to.have.lengthOf(6);
    const subjects = (list: typeof whole) => list.map((call) => subjectOf(call.AnalysisRun, call.Metric));
    expect(subjects(read)).to.deep.equal(subjects(whole));
    expect(read.map((call) => pluginOf(call.Metric))).to.deep.equal(
      whole.map((call) => pluginOf(call.Metric)),
    );
    for (const { AnalysisRun } of read) {
      expect(AnalysisRun).to.have.all.keys('ObjectMeta', 'Status');
      for (const result of AnalysisRun.Status?.MetricResults ?? [])
        expect(result).not.to.have.property('Measurements');
    }
  });

  it('brings every call with its arguments however it is cut', () => {
    const whole = calls(decodeAll([pluginStream]).values);
    expect(whole.map((call) => call.header.ServiceMethod)).to.deep.equal([
      'Plugin.InitPlugin',
      'Plugin.Type',
      'Plugin.Run',
      'Plugin.GetMetadata',
      'Plugin.Resume',
      'Plugin.Resume',
      'Plugin.Resume',
      'Plugin.Resume',
      'Plugin.Terminate',
      'Plugin.GarbageCollect',
    ]);
    expect(whole.map((call) => call.header.Seq ?? 0)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    fc.assert(
      fc.property(cuts, (points) => {
        expect(calls(decodeAll(cutAt(pluginStream, points)).values)).to.deep.equal(whole);
      }),
      { numRuns: 30 },
    );
    expect(calls(decodeAll(cutAt(pluginStream, 'each byte')).values)).to.deep.equal(whole);
  });

  it('decodes the first Run to the AnalysisRun and the metric that were sent', () => {
    const run = calls(decodeAll([pluginStream]).values)[2]?.body;
    if (!(run instanceof GobInterface)) throw new Error('no interface');
    expect(run.typeName).to.equal('RunArgs');
    const { AnalysisRun, Metric } = run.value as { AnalysisRun: AnalysisRun; Metric: Metric };
    const { ObjectMeta: meta, Spec: spec, Status: status } = AnalysisRun;
    expect(meta?.Name).to.equal(analysisRun.metadata['name']);
    expect(meta?.UID).to.equal(analysisRun.metadata['uid']);
    expect(meta?.Labels).to.deep.equal(new Map(Object.entries(analysisRun.metadata['labels'] as object)));
    expect(meta?.OwnerReferences?.[0]).to.deep.include({ Kind: 'Rollout', Name: 'web', Controller: true });
    expect(meta?.CreationTimestamp?.toJSON()).to.equal('2026-03-01T12:00:00.000Z');
    expect(spec?.Args?.map((arg) => arg.Name)).to.deep.equal(analysisRun.spec.args.map((arg) => arg.name));
    expect(spec?.Args?.[2]).to.deep.equal({ Name: 'empty' });
    expect(spec?.Metrics?.[0]).to.deep.equal(Metric);
    expect(status?.MetricResults?.[0]?.Measurements?.[0]?.Value).to.equal('0.93');
    const config = Metric.Provider?.Plugin?.get('argoproj-labs/metric-ai');
    expect(JSON.parse(Buffer.from(config ?? []).toString())).to.have.keys(
      'stableLabel',
      'canaryLabel',
      'extraPrompt',
    );
  });

  it('echoes the measurements of Resume and Terminate byte for byte', () => {
    const measurements = calls(decodeAll([pluginStream]).values).flatMap(({ body }) => {
      const { Measurement } = ((body as GobInterface | null)?.value ?? {}) as {
        Measurement?: WireMeasurement;
      };
      return Measurement === undefined ? [] : [Measurement];
    });
    expect(measurements).to.have.length(5);
    const bytesOf = (wire: unknown) => {
      const encoder = new GobEncoder();
      encoder.append(MEASUREMENT, wire);
      return encoder.take().toString('hex');
    };
    for (const wire of measurements) {
      const opaque = Object.fromEntries(
        Object.entries(wire).map(([name, value]) => [name, (value as { bytes?: Uint8Array }).bytes ?? value]),
      );
      expect(bytesOf(toWire(fromWire(wire)))).to.equal(bytesOf(opaque));
      expect(pluginStream.includes(measurementBytes(bytesOf(opaque)))).to.equal(true);
    }
  });
});

/** The fields of an encoded measurement as they stand inside any message: the last message without its id and end. */
function measurementBytes(hex: string): Buffer {
  const bytes = Buffer.from(hex, 'hex');
  const id = bytes.lastIndexOf(Buffer.from('ff82', 'hex'));
  return bytes.subarray(id + 2);
}

/** The definitions known, by kind, at the byte that completes the first RunArgs. */
function typesAtFirstRun(stream: Buffer): Record<string, number> {
  const { values, decoder } = decodeAll([]);
  const arrived = () => values.some((value) => value instanceof GobInterface && value.typeName === 'RunArgs');
  for (let at = 0; at < stream.length && !arrived(); at++) decoder.push(stream.subarray(at, at + 1));
  const kinds: Record<string, number> = {};
  for (const { kind } of decoder.types.values()) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

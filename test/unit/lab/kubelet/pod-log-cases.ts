import { expect } from 'chai';
import type { EmbeddedLabOptions } from '../../../lab/embedded-lab.ts';
import type { ProcessKubelet } from '../../../lab/kubelet/process-kubelet.ts';
import type { KubeObject } from '../../../lab/kubernetes.ts';
import type { LabClient, LabRequest } from '../../../lab/lab-client.ts';
import type { ObjectName } from '../../../lab/objects.ts';
import { failureOf } from '../../../support/promises.ts';
import { PODS, pod, refusalOf } from '../objects.ts';

const isOver = ({ status }: KubeObject): boolean => status?.['phase'] === 'Succeeded';

/** What the cases need of a lab, embedded or real. */
export interface PodLab {
  readonly client: LabClient;
  readonly kubelet: ProcessKubelet;
  waitFor(object: ObjectName, condition: (object: KubeObject) => boolean): Promise<KubeObject>;
  stop(): Promise<void>;
}

/** Registers what holds of the logs of pods, whichever API server passes them on. */
export function describePodLogs(
  title: string,
  start: (options: Pick<EmbeddedLabOptions, 'images' | 'backoff'>) => Promise<PodLab>,
): void {
  describe(title, () => {
    let lab: PodLab;

    before(async function () {
      this.timeout(1_800_000);
      lab = await start({ images: { script: ['node', '-e'] }, backoff: { baseMs: 30 } });
      const text = 'for (let line = 1; line <= 5; line += 1) console.log("line " + line)';
      const job = pod('job', { image: 'script', args: [text] }, { restartPolicy: 'Never' });
      await lab.client.create(PODS, job);
      await lab.waitFor(job, isOver);
    });
    after(() => lab?.stop());

    const log = (query = '', name = 'job'): Promise<unknown> => lab.client.get(`${PODS}/${name}/log${query}`);

    it('are whole, or their tail, or their first bytes', async () => {
      expect(await log()).to.equal('line 1\nline 2\nline 3\nline 4\nline 5\n');
      expect(await log('?tailLines=2')).to.equal('line 4\nline 5\n');
      expect(await log('?limitBytes=8')).to.equal('line 1\nl');
    });

    it('are those of the last hour, or second', async () => {
      expect(String(await log('?sinceSeconds=3600'))).to.contain('line 1\n');
      const none = await refusalOf(log('?sinceSeconds=0'));
      expect(none.message).to.contain('sinceSeconds: Invalid value: 0: must be greater than 0');
    });

    it('are followed until the container ends', async () => {
      const args = ['console.log("early"); setTimeout(() => console.log("late"), 500)'];
      const followed = pod('followed', { image: 'script', args }, { restartPolicy: 'Never' });
      await lab.client.create(PODS, followed);
      await lab.waitFor(followed, ({ status }) => status?.['phase'] === 'Running');
      expect(await log('?follow=true', 'followed')).to.equal('early\nlate\n');
    });

    it('are those of the run before, where a container was restarted', async () => {
      const args = ['console.log("ran as " + process.pid); setTimeout(() => process.exit(1), 20)'];
      const restarted = pod('restarted', { image: 'script', args });
      await lab.client.create(PODS, restarted);
      await lab.waitFor(restarted, ({ status }) => JSON.stringify(status).includes('"restartCount":1'));
      const [before, now] = [await log('?previous=true', 'restarted'), await log('', 'restarted')];
      expect(before).to.match(/^ran as \d+\n$/);
      expect(before).not.to.equal(now);
      await lab.client.delete(`${PODS}/restarted`);
    });

    it('carry timestamps, and sinceTime is cut to whole seconds: lines overlap', async () => {
      const stamped = String(await log('?timestamps=true')).split('\n');
      const last = stamped[4] ?? '';
      expect(last).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 5$/);
      const since = encodeURIComponent(last.split(' ')[0] ?? '');
      expect(String(await log(`?sinceTime=${since}`))).to.contain('line 5');
      const second = `${last.slice(0, 19)}Z`;
      expect(await log(`?sinceTime=${since}`)).to.equal(await log(`?sinceTime=${second}`));
      const future = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
      expect(await log(`?sinceTime=${future}`)).to.equal('');
    });

    const refusals: readonly [query: string, code: number, message: string][] = [
      ['?container=none', 400, 'container none is not valid for pod job'],
      ['?previous=true', 400, 'previous terminated container "main" in pod "job" not found'],
      ['?tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
      [
        '?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z',
        422,
        'at most one of `sinceTime` or `sinceSeconds` may be specified',
      ],
      ['?sinceTime=yesterday', 400, 'parsing time "yesterday"'],
    ];
    for (const [query, code, message] of refusals) {
      it(`are refused with ${code} for ${query}`, async () => {
        const refusal = await refusalOf(log(query));
        expect(refusal).to.include({ code });
        expect(refusal.message).to.contain(message);
      });
    }

    it('need a container name where there are several', async () => {
      const two = pod('two', { image: 'none' });
      two.spec = { ...two.spec, containers: ['a', 'b'].map((name) => ({ name, image: 'none' })) };
      await lab.client.create(PODS, two);
      const refusal = await refusalOf(log('', 'two'));
      expect(refusal.message).to.contain(
        'a container name must be specified for pod two, choose one of: [a b]',
      );
    });

    it('say why there is none yet', async () => {
      const waiting = pod('waiting', { image: 'none' });
      await lab.client.create(PODS, waiting);
      await lab.waitFor(waiting, (object) => JSON.stringify(object.status).includes('ImagePullBackOff'));
      const refusal = await refusalOf(log('', 'waiting'));
      expect(refusal).to.include({ code: 400, reason: 'BadRequest' });
      expect(refusal.message).to.match(
        /container "main" in pod "waiting" is waiting to start: (trying and failing to pull image|image can't be pulled)/,
      );
    });

    it('pass on what the kubelet refuses, as kube-apiserver words it', async () => {
      const answers: readonly [status: number, text: string, message: string][] = [
        [403, 'no access to the log', 'no access to the log ( pods/log job)'],
        [404, 'pod "job" does not exist', 'the server could not find the requested resource ( pods/log job)'],
        [500, 'disk on fire', 'Internal error occurred: disk on fire'],
      ];
      for (const [status, text, message] of answers) {
        const lift = lab.kubelet.logFaults.add({ pod: 'job' }, { status, text });
        const refusal = await refusalOf(log());
        lift();
        expect(refusal.code).to.equal(status);
        expect(refusal.message).to.contain(message);
      }
      await log();
    });

    it('hang while the kubelet hangs', async () => {
      const lift = lab.kubelet.logFaults.add({ container: 'main', pod: 'job' }, { hang: true });
      const request: LabRequest = { path: `${PODS}/job/log`, signal: AbortSignal.timeout(200) };
      expect((await failureOf(lab.client.open(request))).name).to.equal('AbortError');
      lift();
      await log();
    });

    it('are not whole where the kubelet breaks off, whether the server says so or not', async () => {
      const lift = lab.kubelet.logFaults.add({ pod: 'job' }, { cutAfterBytes: 10 });
      const broken = await log().catch((error: { code?: string }) => error.code);
      lift();
      // kube-apiserver ends its answer as if that were all.
      expect(broken).to.be.oneOf(['ECONNRESET', '', 'line 1\nlin']);
    });
  });
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { CodedError } from '../../../../crds/errors.ts';
import { runAgent } from '../../../../operator/cli/agent.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';

type Entry = Readonly<Record<string, unknown>>;

/** What an agent without a cluster logs from its start to its stop. */
async function logOf(env: Readonly<Record<string, string>>): Promise<{ text: string; entries: Entry[] }> {
  const stop = new AbortController();
  let text = '';
  const stderr = (line: string): void => {
    text += line;
    if (line.includes('"agent started"')) stop.abort();
  };
  const connection = (): never => {
    throw new CodedError('CONFIG_INVALID', 'no cluster here');
  };
  const command = {
    kind: 'agent',
    port: 0,
    host: '127.0.0.1',
    concurrency: 1,
    timeoutSeconds: 10,
    waitSeconds: 0,
    sinceSeconds: 60,
    cluster: {},
  } as const;
  await runAgent(command, { stderr, env, signal: stop.signal, connection });
  const entries = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  return { text, entries };
}

const warnings = (entries: readonly Entry[]): Entry[] =>
  entries.filter(({ message }) => `${message}`.includes('token for GitHub is not used'));

describe('an agent that is given a token of GitHub', () => {
  for (const name of ['GITHUB_TOKEN', 'github_token'])
    it(`as ${name}: warns once, and names the Secret where it belongs`, async () => {
      const { entries, text } = await logOf({ [name]: TOKEN });
      const [warning, ...more] = warnings(entries);
      expect(more).to.deep.equal([]);
      expect(warning).to.include({
        level: 'warn',
        belongsTo: 'GITHUB_TOKEN of the Secret canary-analysis-credentials',
      });
      expect(warning?.['variables']).to.deep.equal([name]);
      expect(text).not.to.include(TOKEN);
    });

  it('says nothing of an empty one, or of none', async () => {
    for (const env of [{}, { GITHUB_TOKEN: ' ', github_token: '' }])
      expect(warnings((await logOf(env)).entries)).to.deep.equal([]);
  });

  it('has it from the key at which users of metric-ai have theirs, and the Secret that it names exists', () => {
    const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
    expect(read('examples/agent/base/deployment.yaml')).to.match(
      /name: GITHUB_TOKEN\s+valueFrom:\s+secretKeyRef: \{name: kubernetes-agent, key: github_token, optional: true\}/,
    );
    const named = parseAllDocuments(read('kustomize/base/credentials.example.yaml')).map(
      (document) => document.toJS() as { metadata: { name: string }; stringData: Entry },
    );
    expect(named.map(({ metadata }) => metadata.name)).to.deep.equal(['canary-analysis-credentials']);
    expect(named[0]?.stringData).to.have.property('GITHUB_TOKEN', '');
  });
});

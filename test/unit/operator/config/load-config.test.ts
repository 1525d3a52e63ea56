import { expect } from 'chai';
import { type Flags, loadConfig, parseConfig, parseFlags } from '../../../../operator/config/index.ts';

const NO_FLAGS: Flags = parseFlags([]);

const files =
  (content: Record<string, string>) =>
  (path: string): Promise<string> => {
    const text = content[path];
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  };
const load = (file: string, env: Record<string, string> = {}, flags: Partial<Flags> = {}) =>
  loadConfig({ ...NO_FLAGS, config: '/etc/config.yaml', ...flags }, env, files({ '/etc/config.yaml': file }));

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Error) => error,
  );
}

describe("the operator's configuration", () => {
  it('needs no file', async () => {
    const { config, credentials } = await loadConfig(NO_FLAGS, {}, files({}));
    expect(config.reviewers?.a2a?.url).to.equal(
      'http://kubernetes-agent.argo-rollouts.svc.cluster.local:8080',
    );
    expect(credentials).to.deep.equal([]);
  });

  it('is read from YAML and from JSON', () => {
    const expected = { defaults: { observation: { waitSeconds: 5 } } };
    expect(parseConfig('defaults:\n  observation:\n    waitSeconds: 5\n', 'f')).to.deep.equal(expected);
    expect(parseConfig(JSON.stringify(expected), 'f')).to.deep.equal(expected);
    expect(parseConfig('', 'f')).to.deep.equal({});
  });

  const wrong: readonly [what: string, text: string, message: string][] = [
    ['an unknown field', 'reviewrs: {}', 'unknown field reviewrs'],
    [
      'an unknown field deep inside',
      'reviewers: {default: [{gemini: {modle: x}}]}',
      'unknown field reviewers.default[0].gemini.modle',
    ],
    ['a wrong type', 'workers: many', 'workers must be integer'],
    ['a number out of range', 'defaults: {timeoutSeconds: 1}', 'defaults.timeoutSeconds must be >= 10'],
    ['a word that is none of the choices', 'logLevel: loud', 'logLevel must be one of panic,'],
    ['a reviewer of two kinds', 'reviewers: {default: [{gemini: {}, a2a: {}}]}', 'reviewers.default[0] must'],
    ['a URL with user info', 'gitHub: {webURL: "https://me:secret@github.com"}', 'gitHub.webURL must match'],
    ['a field that stands twice', 'workers: 1\nworkers: 2', '/etc/config.yaml:'],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}, naming it`, async () => {
      const error = await failure(load(text));
      expect(error).to.have.property('code', 'CONFIG_INVALID');
      expect(error.message).to.include(message).and.include('/etc/config.yaml');
      expect(error.message).not.to.include('secret');
    });
  }

  it('names a file that cannot be read', async () => {
    const error = await failure(loadConfig({ ...NO_FLAGS, config: '/nowhere' }, {}, files({})));
    expect(error.message).to.equal('--config /nowhere cannot be read');
  });

  it('puts the environment over the file and flags over both', async () => {
    const file = 'logLevel: error\nreviewers: {a2a: {url: "http://file:1"}}\ngitHub: {pullRequest: true}\n';
    const env = { LOG_LEVEL: 'WARNING', K8S_AGENT_URL: 'http://env:1', AUTO_PR_ENABLED: 'false' };
    const fromEnv = await load(file, env);
    expect(fromEnv.config).to.deep.include({ logLevel: 'warn', gitHub: { pullRequest: false } });
    expect(fromEnv.config.reviewers?.a2a?.url).to.equal('http://env:1');
    const fromFlags = await load(file, env, { logLevel: 'debug', namespaces: ['shop'], healthPort: 0 });
    expect(fromFlags.config).to.deep.include({
      logLevel: 'debug',
      namespaces: ['shop'],
      health: { port: 0 },
    });
  });

  it('takes an empty variable for one that is not set', async () => {
    const { config } = await load('logLevel: error', { LOG_LEVEL: '', GOOGLE_API_KEY: ' ' });
    expect(config.logLevel).to.equal('error');
  });

  it('refuses variables that make no sense, naming them', async () => {
    expect((await failure(load('', { AUTO_PR_ENABLED: 'maybe' }))).message).to.include('AUTO_PR_ENABLED');
    expect((await failure(load('', { K8S_AGENT_URL: 'agent:8080' }))).message).to.include(
      'reviewers.a2a.url',
    );
    expect((await failure(load('', { LOG_LEVEL: 'loud' }))).message).to.include('logLevel');
  });
});

describe("the operator's credentials", () => {
  it('are each tied to the one origin they are for', async () => {
    const env = { GOOGLE_API_KEY: 'g', OPENAI_API_KEY: 'o', GITHUB_TOKEN: 'h', AGENT_TOKEN: 'a' };
    const file = `
reviewers: {openAI: {baseURL: "https://llm.example.com/v1"}}
credentials:
  - {origin: "https://agent.example.com/path", env: AGENT_TOKEN}
  - {origin: "https://other.example.com", file: /secret}
`;
    const loaded = await loadConfig(
      { ...NO_FLAGS, config: '/c' },
      env,
      files({ '/c': file, '/secret': 's\n' }),
    );
    expect(loaded.credentials).to.deep.equal([
      { origin: 'https://agent.example.com', secret: 'a' },
      { origin: 'https://other.example.com', secret: 's' },
      { origin: 'https://generativelanguage.googleapis.com', secret: 'g' },
      { origin: 'https://llm.example.com', secret: 'o' },
    ]);
    expect(loaded.gitHubToken).to.equal('h');
  });

  it('that are missing are named, never shown', async () => {
    const file = (source: string) => `credentials: [{origin: "https://agent.example.com", ${source}}]`;
    expect((await failure(load(file('env: NOPE')))).message).to.equal(
      'credentials: the environment variable NOPE is not set',
    );
    expect((await failure(load(file('file: /nope')))).message).to.include('/nope cannot be read');
    expect((await failure(load(file('env: A, file: b')))).message).to.include('credentials[0] must');
  });
});

describe("the operator's flags", () => {
  it('are read', () => {
    const flags = parseFlags(['--namespace', 'a', '--namespace=b', '--health-port', '0', '--config', 'f']);
    expect(flags).to.deep.include({ namespaces: ['a', 'b'], healthPort: 0, config: 'f', help: false });
  });

  for (const args of [['--confg', 'x'], ['--config'], ['stray'], ['--health-port', '99999']]) {
    it(`refuse ${args.join(' ')}`, () => {
      expect(() => parseFlags(args))
        .to.throw()
        .with.property('code', 'CONFIG_INVALID');
    });
  }
});

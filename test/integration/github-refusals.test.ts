import { expect } from 'chai';
import type { CanaryAnalysis } from '../../crds/v1alpha1/canary-analysis.ts';
import type { ProposedEdit } from '../../crds/v1alpha1/status.ts';
import { AGREEABLE_OPINION, type GeminiDouble, startGeminiDouble } from '../lab/doubles/gemini.ts';
import { refusal, type StoredRepository } from '../lab/doubles/github.ts';
import type { Answer } from '../lab/doubles/http-double.ts';
import { API_SERVER } from './api-servers.ts';
import { EDIT, MANIFEST, Reporting, reportedOf, url, withFix } from './reporting.ts';

describe(`what GitHub refuses is a condition with its reason (${API_SERVER.name})`, () => {
  let reporting: Reporting;
  before(async function () {
    this.timeout('30m');
    reporting = await Reporting.start({
      operatorConfig: { allowances: [{ namespaces: ['limited'], repositories: ['acme/elsewhere'] }] },
      withOperator: false,
    });
  });
  after(() => reporting.stop());

  const limit = (seconds: number): Answer =>
    refusal(403, 'You have exceeded a secondary rate limit.', { 'retry-after': String(seconds) });
  const answering =
    (route: string, ...answers: readonly Answer[]) =>
    ({ answers: planned }: StoredRepository): void =>
      void planned.set(route, [...answers]);
  const having =
    (state: Partial<StoredRepository>) =>
    (repository: StoredRepository): void =>
      void Object.assign(repository, state);
  const always = (answer: Answer): readonly Answer[] => Array.from({ length: 100 }, () => answer);

  const issue = { pullRequest: false } as const;
  const pullRequest = { issue: 'Never', pullRequest: true } as const;

  it('be it the token, a right, the repository or the content, and a short pause is waited for', async function () {
    this.timeout(120_000);
    const cases: readonly [
      name: string,
      what: typeof issue | typeof pullRequest,
      arrange: (repository: StoredRepository) => void,
      reason: string,
      message: RegExp,
    ][] = [
      [
        'expired',
        issue,
        answering('GET /issues', refusal(401, 'Bad credentials')),
        'Refused',
        /set a new GITHUB_TOKEN/,
      ],
      ['denied', issue, answering('POST /issues', refusal(403, 'no')), 'Refused', /may not do this/],
      ['read-only', pullRequest, having({ mayWriteContents: false }), 'Refused', /"Contents"/],
      ['empty', pullRequest, ({ git }) => git.commits.clear(), 'Refused', /it is empty/],
      ['disabled', issue, having({ hasIssues: false }), 'Refused', /issues are disabled/],
      ['invalid', issue, answering('POST /issues', refusal(422, 'no')), 'Refused', /content not valid/],
      [
        'raced',
        pullRequest,
        answering('POST /git/commits', refusal(409, 'Conflict')),
        'PullRequestOpened',
        /pull\/1/,
      ],
      [
        'failing',
        issue,
        answering('GET /issues', refusal(500, 'oops'), refusal(502, 'oops')),
        'IssueOpened',
        /issues\/1/,
      ],
      [
        'away',
        issue,
        answering('POST /issues', ...always(refusal(503, 'oops'))),
        'Retrying',
        /GitHub failed \(HTTP 503\)/,
      ],
      ['briefly', issue, answering('POST /issues', limit(1)), 'IssueOpened', /issues\/1/],
    ];
    for (const [name, what, arrange] of cases) {
      arrange(reporting.addRepository(name));
      await reporting.decided('refused', name, { url: url(name), ...what });
    }
    await reporting.decided('refused', 'unreached', { url: url('unreached') });
    await reporting.decided('limited', 'other', { url: url('denied') });
    await reporting.decided('limited', 'never', { url: url('denied'), issue: 'Never' });
    await reporting.system.startOperator();
    for (const [name, , , reason, message] of cases) {
      const analysis = await reporting.reported('refused', name, reason);
      expect(reportedOf(analysis)?.message, name).to.match(message);
      expect(analysis.status?.verdict).to.equal('Abort');
    }
    const unreached = await reporting.reported('refused', 'unreached', 'Refused');
    expect(reportedOf(unreached)?.message).to.contain('acme/unreached: there is no such repository');
    const refused = await reporting.reported('limited', 'other', 'Refused');
    expect(reportedOf(refused)?.message).to.contain('allowances');
    const analyses = await reporting.system.analyses('limited');
    expect(analyses.find(({ metadata }) => metadata.name === 'never')).to.satisfy(
      (one: CanaryAnalysis) => reportedOf(one) === undefined,
    );
  });

  it('a long pause is kept, and says so', async () => {
    reporting.addRepository('long').answers.set('POST /issues', [limit(600)]);
    await reporting.decided('paused', 'long', { url: url('long') });
    await reporting.system.startOperator();
    const { status, ...analysis } = await reporting.reported('paused', 'long', 'Retrying');
    expect(status?.issueURL).to.equal(undefined);
    expect(reportedOf({ ...analysis, ...(status && { status }) })?.message).to.match(
      /acme\/long: GitHub asks to wait \(rate limit\) \(HTTP 403\)/,
    );
    expect(reporting.writesTo('long'), 'once').to.deep.equal(['POST /issues']);
  });
});

describe(`a fix that may not be applied is a proposal, and the condition says why (${API_SERVER.name})`, () => {
  let reporting: Reporting;
  let gemini: GeminiDouble;
  before(async function () {
    this.timeout('30m');
    gemini = await startGeminiDouble({ key: 'gemini-key' });
    reporting = await Reporting.start({
      operatorConfig: { reviewers: { gemini: { baseURL: gemini.url } } },
      operatorEnv: { GOOGLE_API_KEY: 'gemini-key' },
    });
  });
  after(async () => {
    await reporting.stop();
    await gemini.close();
  });

  const added = (path: string): ProposedEdit => ({ path, before: '', after: 'x' });

  it('for its path, for what is there, and for a base that has moved', async function () {
    this.timeout(120_000);
    const link = { mode: '120000', target: '../../etc/passwd' };
    const submodule = { mode: '160000', target: '1'.repeat(40) };
    const cases = [
      ['traversal', added('deploy/../../etc/passwd'), {}, 'leaves the tree'],
      ['absolute', added('/etc/passwd'), {}, 'is absolute'],
      ['workflow', added('.github/workflows/x.yaml'), {}, "is of the repository's automation"],
      ['elsewhere', added('src/main.ts'), {}, 'is under no folder of gitHub.pullRequestPaths'],
      [
        'symlink',
        { path: 'deploy/link', before: 'etc', after: 'x' },
        { 'deploy/link': link },
        'is a symbolic link',
      ],
      ['below-symlink', added('deploy/link/x'), { 'deploy/link': link }, 'deploy/link is no folder'],
      [
        'submodule',
        { path: 'deploy/sub', before: 'a', after: 'x' },
        { 'deploy/sub': submodule },
        'is a submodule',
      ],
      [
        'moved',
        EDIT,
        { [EDIT.path]: MANIFEST.replace('""', 'postgres://elsewhere') },
        'does not hold the text that the fix replaces',
      ],
    ] as const;
    for (const [name, edit, files] of cases) {
      reporting.addRepository(name).git.seed('main', files);
      const report = { url: url(name), issue: 'Never', pullRequest: true } as const;
      await reporting.decided('proposals', name, report, withFix([edit]));
    }
    await reporting.system.startOperator();
    for (const [name, edit, , why] of cases) {
      const analysis = await reporting.reported('proposals', name, 'PullRequestOpened');
      expect(reportedOf(analysis)?.message, name)
        .to.match(/^What to do is proposed as https:/)
        .and.contain(why);
      const { pulls, git } = reporting.gitHub.repositories.get(`acme/${name}`) ?? reporting.addRepository('');
      const [pull, ...more] = pulls;
      expect(more).to.deep.equal([]);
      expect(git.changed('main', pull?.head ?? ''), name).to.deep.equal([
        `canary-analysis/proposals/${pull?.head.slice('canary-analysis/'.length)}.md`,
      ]);
      expect(pull?.body).to.contain('This adds a file that says what was found');
      expect(git.read('main', edit.path)).not.to.equal('x');
    }
  });

  it('for 1,000 files, which no analysis keeps', async () => {
    const repository = reporting.addRepository('thousand');
    const edits = Array.from({ length: 1000 }, (_, index) => added(`deploy/${index}`));
    const proposedFix = { summary: 'Write a thousand files.', edits };
    const opinion = { ...AGREEABLE_OPINION, verdict: 'Abort', summary: 'It does not start.', proposedFix };
    gemini.replies.always({ opinion });
    const rollout = await reporting.system.deploy('thousand', 'crash');
    await reporting.system.measure(rollout, {
      observation: { waitSeconds: 30 },
      reviewers: [{ gemini: {} }],
      gitHub: { url: url('thousand'), pullRequest: true, issue: 'Never' },
    });
    const analysis = await reporting.reported('thousand', '', 'PullRequestOpened');
    expect(reportedOf(analysis)?.message).to.match(/What to do is proposed as .* \(.*1000 edits/);
    expect(repository.git.changed('main', repository.pulls[0]?.head ?? '')).to.have.length(1);
  });
});

describe(`the limits of the token's rate (${API_SERVER.name})`, () => {
  /** Longer than the operator waits within a request, by what may pass between the first request of a report and its third. */
  const HOUR_SECONDS = 50;
  let reporting: Reporting;
  before(async function () {
    this.timeout('30m');
    reporting = await Reporting.start({
      withOperator: false,
      limits: { perHour: 6, hourSeconds: HOUR_SECONDS },
    });
  });
  after(async () => {
    await reporting.stop();
    expect(reporting.gitHub.impatient).to.deep.equal([]);
  });

  it('are kept: what was begun goes on when they are whole again, with one issue and one comment', async function () {
    this.timeout(120_000);
    const repository = reporting.addRepository('busy');
    await reporting.decided('busy', 'first', { url: url('busy') });
    await reporting.system.startOperator();
    await reporting.reported('busy', 'first', 'IssueOpened');
    await reporting.decided('busy', 'second', { url: url('busy') });
    reporting.gitHub.beginHour(4);
    await reporting.system.startOperator();
    const limited = await reporting.reported('busy', 'second', 'Retrying');
    expect(reportedOf(limited)?.message).to.match(/GitHub asks to wait \(rate limit\) \(HTTP 403\)$/);
    expect(repository.issues[0]?.comments).to.have.length(0);
    await reporting.reported('busy', 'second', 'IssueUpdated');
    expect(repository.issues).to.have.length(1);
    expect(repository.issues[0]?.comments).to.have.length(1);
  });
});

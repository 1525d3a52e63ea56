import { expect } from 'chai';
import fc from 'fast-check';
import { causesOf, fingerprint, joinedCauses, rolloutMark } from '../../../../operator/github/cause.ts';
import { issueText } from '../../../../operator/github/issue-text.ts';
import { codeSpan, fence, prose, titleText } from '../../../../operator/github/markdown.ts';
import { markerLine, readMarker } from '../../../../operator/github/marker.ts';
import { abortedReport } from './fixtures.ts';

const asIs = (text: string): string => text;

describe('the text of an issue', () => {
  it('names what was analysed, what was found, what was seen and what to do', () => {
    const { body } = issueText(abortedReport(), asIs);
    for (const part of [
      '| Verdict | `Abort` |',
      '| Rollout | `shop/web` |',
      '| CanaryAnalysis | `shop/web-abc-2-logs-1-0123abcd` |',
      '| AnalysisRun | `shop/web-abc-2 (logs)` |',
      '| Revisions | `6499d5bbb9 → 785bb66569` |',
      '- Read the findings; the templates name the code that logs them.',
      '- The reviewer suggests: Set DB\\_HOST back.',
      '`kubectl get canaryanalysis -n shop web-abc-2-logs-1-0123abcd -o yaml`',
      '| F1 | Regressed | `NovelError` |',
      '```text\nconnection to db:5432 refused, password hunter2\n```',
      '| Canary | 2 of 2 | 2 | 2 | 900 | 90000 |',
      'with a chance of 92 %',
      '- Not seen: one log was rotated',
    ]) {
      expect(body).to.contain(part);
    }
  });

  it('ends with a hidden mark of the analysis and its cause', () => {
    const report = abortedReport();
    const { body } = issueText(report, asIs);
    expect(body.split('\n').at(-1)).to.match(/^<!-- canary-analysis .*-->$/);
    expect(readMarker(body)).to.deep.equal({
      uid: report.uid,
      causes: causesOf(report),
      seen: 1,
      rollout: rolloutMark(report.rolloutUID ?? ''),
      ended: Date.parse('2026-01-01T12:03:00Z') / 1000,
    });
  });

  it('is not taken in by a mark that a log record holds', () => {
    const found = abortedReport().status.findings?.[0];
    const forged = '<!-- canary-analysis uid=evil causes=0123456789abcdef seen=49 -->';
    if (found === undefined) throw new Error('there is no finding');
    const report = abortedReport({
      status: { findings: [{ ...found, samples: [forged], message: forged }] },
    });
    expect(readMarker(issueText(report, asIs).body)).to.include({ uid: report.uid, seen: 1 });
  });

  it('has the same fingerprint for the same cause and another for another', () => {
    const again = abortedReport({ uid: 'another', status: { message: 'said otherwise', confidence: 1 } });
    expect(fingerprint(again)).to.equal(fingerprint(abortedReport()));
    const found = abortedReport().status.findings?.[0];
    if (found === undefined) throw new Error('there is no finding');
    const other = abortedReport({ status: { findings: [{ ...found, template: 'another record' }] } });
    expect(fingerprint(other)).not.to.equal(fingerprint(abortedReport()));
  });

  it('stays within what GitHub takes, and keeps its mark, however much was found', () => {
    const found = abortedReport().status.findings?.[0];
    const findings = Array.from({ length: 20 }, (_, index) => ({
      ...found,
      id: `F${index + 1}`,
      kind: 'NovelError',
      severity: 'Regressed' as const,
      message: '`*_[]'.repeat(200),
      samples: Array.from({ length: 3 }, () => '`'.repeat(512)),
    }));
    const report = abortedReport({ status: { findings } });
    const { body, title } = issueText(report, asIs);
    expect(body.length).to.be.at.most(65_536);
    expect(readMarker(body)?.uid).to.equal(report.uid);
    expect(title.length).to.be.at.most(200);
  });

  it('puts nothing of a log where GitHub would act on it', () => {
    const hostile =
      '@acme/owners ping #12 GH-13 https://evil.example/x www.evil.example <img src=x onerror=y> [a](b) --> ``` ~~~ | &lt; <!-- canary-analysis uid=';
    const { body, title } = issueText(
      abortedReport({
        status: {
          message: hostile,
          findings: [
            {
              id: 'F1',
              kind: hostile,
              severity: 'Regressed',
              message: hostile,
              samples: [hostile, `\`\`\`\n${hostile}\n\`\`\``],
            },
          ],
          opinions: [
            { reviewer: hostile, verdict: 'Abort', confidence: 1, summary: hostile, remediation: hostile },
          ],
        },
      }),
      asIs,
    );
    const acted = withoutCode(body).replace(
      /<!-- canary-analysis uid=[A-Za-z0-9-]+ causes=[0-9a-f,]+ seen=1 rollout=[0-9a-f]+ ended=\d+ -->$/,
      '',
    );
    expect(acted).not.to.match(/@\w|#\d|gh-\d|:\/\/|www\.|<|\]\(/i);
    expect(title).not.to.match(/@\w|#\d/);
  });
});

/** The Markdown less its code blocks and code spans, as CommonMark finds them. */
function withoutCode(markdown: string): string {
  const blocks = markdown.replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '');
  return blocks.replace(/(?<!`)(`+)(?!`)(?:[^\n]*?[^`\n])??\1(?!`)/g, '');
}

describe('the causes of an issue', () => {
  const cause = fc.stringMatching(/^[0-9a-f]{16}$/);
  it('keep the first and the latest, and fit into its mark', () => {
    fc.assert(
      fc.property(
        fc.array(cause, { minLength: 1, maxLength: 11 }),
        fc.array(cause, { maxLength: 8 }),
        (known, more) => {
          const causes = joinedCauses(known, more);
          expect(causes[0]).to.equal(known[0]);
          expect(causes).to.include.members(more);
          expect(new Set(causes).size).to.equal(causes.length);
          const mark = markerLine({ uid: 'one', causes, seen: 2 });
          expect(readMarker(mark)?.causes).to.deep.equal(causes);
        },
      ),
    );
  });
});

describe('foreign text in Markdown', () => {
  const nasty = fc
    .array(fc.constantFrom('`', '```', '\n', '|', '@a', '#1', '<b>', '~~~', 'x', ' ', '\r\n', '\u202e', '\\'))
    .map((parts) => parts.join(''));

  it('never closes the fence around it', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const lines = fence(text).split('\n');
        const ticks = lines.at(-1) ?? '';
        expect(ticks).to.match(/^`{3,}$/);
        expect(lines[0]).to.equal(`${ticks}text`);
        for (const line of lines.slice(1, -1)) {
          const run = /^ {0,3}(`+)\s*$/.exec(line)?.[1] ?? '';
          expect(run.length).to.be.below(ticks.length);
        }
      }),
    );
  });

  it('never leaves the code span around it', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const span = codeSpan(text);
        const ticks = /^`+/.exec(span)?.[0] ?? '';
        expect(span).not.to.contain('\n');
        expect(span.endsWith(ticks)).to.equal(true);
        const runs = [...span.matchAll(/`+/g)].map(([run]) => run.length);
        expect(runs.filter((run) => run === ticks.length)).to.have.length(2);
      }),
    );
  });

  it('is neither HTML nor a mention in prose and titles', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(prose(text)).not.to.match(/<|@\w|#\d|(?<!\\)[|`]|\n/);
        expect(titleText(text, 50)).not.to.match(/@\w|#\d|\n/);
      }),
    );
  });
});

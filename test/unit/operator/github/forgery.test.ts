import { expect } from 'chai';
import fc from 'fast-check';
import { againText, closingText, issueText } from '../../../../operator/github/issue-text.ts';
import { markerLine, readMarker, withMarker } from '../../../../operator/github/marker.ts';
import {
  type Proposal,
  proposalFile,
  pullRequestText,
} from '../../../../operator/github/pull-request-text.ts';
import { abortedReport } from './fixtures.ts';

const asIs = (text: string): string => text;
const FORGED = '<!-- canary-analysis uid=evil causes=0123456789abcdef seen=49 closed-by=evil -->';

/** What a log may hold to be more than text, in any order and nesting. */
const hostile = fc
  .array(
    fc.constantFrom(
      FORGED,
      ...[
        '`',
        '``',
        '```',
        '````',
        '~~~',
        '\\',
        '|',
        '\\|',
        '\n',
        '\r\n',
        '\n\n',
        '    ',
        '\t',
        ' ',
        '\u2028',
        '\0',
      ],
      ...[
        '@acme/owners',
        '@a',
        'a@b.co',
        '#12',
        'acme/shop#1',
        'GH-13',
        'fixes #1',
        '\u202e',
        '\u200b',
        '\ud800',
      ],
      ...[
        'https://evil.example',
        'http://',
        'www.evil.example',
        '[a](b)',
        '![a](b)',
        '<img src=x>',
        '</details>',
        '-->',
        '<!--',
      ],
      ...['&lt;', '&#64;a', '# x', '> x', '1. x', '- x', '---', '===', '$x$', '**', '__', 'x', '|---|'],
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const texts = fc.record({
  ...{
    message: hostile,
    what: hostile,
    sample: hostile,
    template: hostile,
    said: hostile,
    changed: hostile,
    path: hostile,
  },
});

type Texts = typeof texts extends fc.Arbitrary<infer T> ? T : never;

function reportOf({ message, what, sample, template, said, changed, path }: Texts) {
  const edits = [{ path, before: changed, after: sample }];
  const report = abortedReport({
    status: {
      message,
      findings: [
        {
          id: 'F1',
          kind: 'NovelError',
          severity: 'Regressed',
          message: what,
          template,
          samples: [sample, changed],
        },
      ],
      opinions: [
        {
          ...{
            reviewer: said,
            verdict: 'Abort',
            confidence: 1,
            summary: said,
            rootCause: what,
            remediation: message,
          },
          proposedFix: { summary: said, edits },
        },
      ],
    },
  });
  return {
    report: { ...report, change: [{ path, before: changed, after: said }] },
    fix: { summary: said, edits },
  };
}

/** Everything that is written to GitHub for a report, by name. */
function written(given: Texts, redact = asIs): Readonly<Record<string, string>> {
  const { report, fix } = reportOf(given);
  const asFix: Proposal = { kind: 'fix', fix, reviewer: given.said, files: [given.path] };
  const inWords: Proposal = { kind: 'proposal', path: 'canary-analysis/proposals/web.md', why: given.path };
  return {
    issue: issueText(report, redact).body,
    again: againText(report, 2, redact),
    closing: closingText(report, 2, redact),
    fix: pullRequestText(report, asFix, 12, redact).body,
    proposal: pullRequestText(report, inWords, 12, redact).body,
    file: proposalFile(report, fix, given.path, redact),
  };
}

/** The Markdown less its code, as CommonMark finds it, a cell of a table by itself; and less what is ours to say. */
function withoutCode(markdown: string): string {
  const lines = markdown.split('\n');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^(`{3,})text$/.exec(line)?.[1];
    if (fence === undefined) {
      const cells = line.startsWith('|') ? line.split(/(?<!(?<!\\)(?:\\\\)*\\)\|/) : [line];
      kept.push(...cells.map(withoutSpans));
      continue;
    }
    at = lines.findIndex(
      (end, index) => index > at && /^ {0,3}`+\s*$/.test(end) && end.trim().length >= fence.length,
    );
    if (at < 0) throw new Error('a fence is never closed');
  }
  return kept.join('\n').replace(/^Refs #12$/m, '');
}

/** A line less its code spans: a run of backticks, no backslash before it, up to the next of the same length. */
function withoutSpans(line: string): string {
  let rest = '';
  for (let at = 0; at < line.length; ) {
    const escaped = /^\\[!-/:-@[-`{-~]/.exec(line.slice(at))?.[0];
    const ticks = /^`+/.exec(line.slice(at))?.[0];
    const end = ticks === undefined ? -1 : endOf(line, at + ticks.length, ticks.length);
    if (escaped !== undefined) [rest, at] = [rest + escaped, at + escaped.length];
    else if (ticks !== undefined && end >= 0) at = end;
    else [rest, at] = [rest + (ticks ?? line.charAt(at)), at + (ticks?.length ?? 1)];
  }
  return rest;
}

function endOf(line: string, from: number, length: number): number {
  const runs = [...line.slice(from).matchAll(/`+/g)];
  const run = runs.find(([ticks]) => ticks.length === length);
  return run === undefined ? -1 : from + run.index + length;
}

describe('what logs say on GitHub', () => {
  it('forges no marker, mention, reference, link, HTML, and leaves no fence', () => {
    fc.assert(
      fc.property(texts, (given) => {
        for (const [name, text] of Object.entries(written(given))) {
          const mark =
            /\n\n<!-- canary-analysis uid=[A-Za-z0-9-]+ causes=[0-9a-f,]+ seen=\d rollout=[0-9a-f]+ ended=\d+ -->$/;
          expect(mark.test(text), `${name} ends with its mark`).to.equal(name !== 'file');
          const acted = withoutCode(text.replace(mark, ''));
          expect(acted, name).not.to.match(/@\w|#\d|\bgh\\?-\d|:\/\/|www\.|<|\]\(|&(?!(amp|lt|gt);)/i);
          expect(acted, name).not.to.match(/(?<!\\)[`$]|(?<!\\)!\[|\p{Cs}|\u202e/u);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('forges nothing in a title either', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { report, fix } = reportOf(given);
        const proposal: Proposal = { kind: 'fix', fix, reviewer: given.said, files: [] };
        for (const { title } of [issueText(report, asIs), pullRequestText(report, proposal, undefined, asIs)])
          expect(title).not.to.match(/@\w|#\d|\bgh-\d|:\/\/|www\.|[\n\r\0]|\p{Cs}/iu);
      }),
    );
  });

  it('is redacted wherever it stands', () => {
    const secret = 'hunter2';
    const names = ['message', 'what', 'sample', 'template', 'said', 'changed', 'path'] as const;
    const given = Object.fromEntries(names.map((name) => [name, `${name} ${secret}`])) as Texts;
    const told = written(given, (text) => text.replaceAll(secret, 'hidden'));
    for (const [name, text] of Object.entries(told))
      expect(text, name).to.contain('hidden').and.not.to.contain(secret);
    const report = abortedReport({
      status: {
        ...{ reason: secret, rollout: secret, stableHash: secret, assessment: secret as 'Regressed' },
        findings: [{ id: 'F1', kind: secret, severity: 'Regressed', message: 'x', samples: [secret] }],
      },
    });
    const { title, body } = issueText(report, (text) => text.replaceAll(secret, 'hidden'));
    expect(`${title} ${body}`).not.to.contain(secret);
    expect(readMarker(body)).to.include({ uid: report.uid });
  });

  it('is taken for no mark of another report', () => {
    fc.assert(
      fc.property(texts, (given) => {
        const { uid } = reportOf(given).report;
        const { file, ...marked } = written(given);
        for (const text of Object.values(marked)) expect(readMarker(text)).to.include({ uid });
        expect(file).to.be.a('string');
      }),
    );
  });
});

describe('a mark', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9-]{1,64}$/);
  const hash = fc.stringMatching(/^[0-9a-f]{16}$/);
  const marker = fc.record(
    {
      ...{ uid: word, causes: fc.array(hash, { maxLength: 8 }), seen: fc.nat(999_999) },
      ...{ rollout: hash, ended: fc.nat(), closedBy: word },
    },
    { requiredKeys: ['uid', 'causes', 'seen'] },
  );

  it('is read as it was written, whatever stands before it', () => {
    fc.assert(
      fc.property(marker, marker, fc.string(), (mark, other, text) => {
        const body = `${text}\n${markerLine(other)}\n${markerLine(mark)}`;
        expect(readMarker(body)).to.deep.equal(mark);
        const changed = withMarker(body, (last) => ({ ...last, seen: 7 }));
        expect(readMarker(changed)).to.deep.equal({ ...mark, seen: 7 });
        expect(changed.startsWith(`${text}\n${markerLine(other)}\n`)).to.equal(true);
      }),
    );
  });
});

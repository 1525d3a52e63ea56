import { expect } from 'chai';
import fc from 'fast-check';
import { parseText } from '../../../../operator/distill/header.ts';
import { Masker } from '../../../../operator/distill/masker.ts';
import { FORMAT_CASES } from './format-cases.ts';

function parse(line: string): string {
  const masker = new Masker();
  const bytes = Buffer.from(line);
  const n = masker.mask(bytes, 0, bytes.length);
  const { level, logger, message } = parseText(Buffer.from(masker.out.subarray(0, n)).toString());
  return `${level}|${logger ?? ''}|${message}`;
}

describe('the formats of loggers', () => {
  for (const [family, cases] of Object.entries(FORMAT_CASES)) {
    describe(family, () => {
      for (const [line, expected] of cases) it(line, () => expect(parse(line)).to.equal(expected));
    });
  }

  it('knows the loggers of Tomcat containers', () => {
    for (const logger of [
      'o.a.c.c.C.[.[.[/].[dispatcherServlet]',
      'org.apache.catalina.core.ContainerBase.[Tomcat].[localhost].[/]',
    ]) {
      expect(parse(`15:04:05.123 ERROR ${logger}#175 Servlet.service() threw`)).to.equal(
        `error|${logger}|Servlet.service() threw`,
      );
      expect(parse(`2024-01-02 15:04:05.123 ERROR 1 --- [exec-1] ${logger} : boom`)).to.equal(
        `error|${logger}|boom`,
      );
    }
  });

  it('takes plain English behind a timestamp for the message', () => {
    expect(parse('2024-01-02 15:04:05 config loaded from disk')).to.equal('unknown||config loaded from disk');
    expect(parse('2024-01-02T15:04:05Z TypeError: x is not a function')).to.equal(
      'error||TypeError: x is not a function',
    );
  });

  it('keeps of the pairs behind a message those that tell records apart', () => {
    expect(parse('2024/01/02 15:04:05 WARN call failed user=bob status=503 attempt=3')).to.equal(
      'warn||call failed status=503',
    );
    expect(parse('2024/01/02 15:04:05 WARN a=b and more text')).to.equal('warn||a=b and more text');
  });

  it('reads any line, without an expression that runs away', () => {
    const pieces = [
      '[',
      '<',
      '(',
      'a.',
      'a:',
      'a=',
      'a="',
      '[a] ',
      'a::',
      ' - ',
      '| ',
      'ERROR ',
      '1 ',
      '{',
      'a{}:',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 400 }), (parts) => {
        const line = parts.join('');
        expect(parse(line).length).to.be.at.most(2 * line.length + 20);
      }),
      { numRuns: 500 },
    );
    for (const piece of pieces) parse(piece.repeat(600));
  });
});

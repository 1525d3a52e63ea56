/** The demo; `LAB=real` runs it on a real control plane, with the stock Argo Rollouts controller. */
import { demonstrateEmbedded } from './embedded.ts';
import { demonstrateReal } from './real.ts';
import { report } from './report.ts';
import { MissingProgram, type Outcome, type Session } from './session.ts';

const LABS: Readonly<Record<string, (session: Session) => Promise<Outcome>>> = {
  embedded: demonstrateEmbedded,
  real: demonstrateReal,
};
/** What shells answer for a program that SIGINT ended: 128 and the signal's number. */
const INTERRUPTED = 130;

const began = Date.now();

function say(text: string): void {
  process.stdout.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
}

async function main(): Promise<number> {
  const { LAB = '' } = process.env;
  const demonstrate = LABS[LAB || 'embedded'];
  if (demonstrate === undefined) {
    process.stderr.write(`LAB is "${LAB}": it can be ${Object.keys(LABS).join(' or ')}.\n`);
    return 2;
  }
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      say(`${name}: stopping`);
      stopping.abort();
    });
  }
  const ends: (() => Promise<unknown>)[] = [];
  const session: Session = { say, signal: stopping.signal, ending: (end) => void ends.push(end) };
  try {
    const { text, asExpected } = report(await demonstrate(session));
    process.stdout.write(text);
    return asExpected ? 0 : 1;
  } catch (error) {
    if (stopping.signal.aborted) return INTERRUPTED;
    if (!(error instanceof MissingProgram)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  } finally {
    stopping.abort();
    for (const end of ends.toReversed()) await end();
    say('everything is stopped');
  }
}

process.exitCode = await main();

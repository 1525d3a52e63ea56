import { createDistiller, type DistillerOptions } from '../../../../operator/distill/index.ts';
import type { Distilled, LogSource, Side } from '../../../../operator/model.ts';
import { createRedactor } from '../../../../operator/redact/index.ts';

/** A log of a side. */
export function sourceOf(side: Side, pod = 'web-1', previous = false): LogSource {
  return { side, pod, container: 'web', kind: 'app', previous };
}

/** A log and where it comes from. */
export interface Log {
  readonly source: LogSource;
  readonly text: string | Uint8Array;
}

/** What the distiller makes of whole logs. */
export function distil(logs: readonly Log[], options: Partial<DistillerOptions> = {}): Distilled {
  const distiller = createDistiller({
    windows: { stable: undefined, canary: undefined },
    redactor: createRedactor(),
    ...options,
  });
  for (const { source, text } of logs) {
    const writer = distiller.open(source);
    writer.write(Buffer.from(text as Uint8Array));
    writer.end();
  }
  return distiller.result();
}

/** `count level logger|text` of each template of a canary log. */
export function templatesOf(...lines: string[]): string[] {
  return distil([{ source: sourceOf('canary'), text: lines.join('\n') }]).templates.map(
    (t) => `${t.canary.count} ${t.level} ${t.logger ?? '-'}|${t.text}`,
  );
}

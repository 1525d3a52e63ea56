import { closeSync, openSync, readSync } from 'node:fs';
import { createDistiller } from '../../operator/distill/index.ts';
import { createRedactor } from '../../operator/redact/index.ts';

/** Distils one file, as the worker does, and prints what it took: `node distill-ours.ts FILE`. */
const [, , file = ''] = process.argv;
const before = process.cpuUsage();
const distiller = createDistiller({
  windows: { stable: undefined, canary: undefined },
  redactor: createRedactor(),
});
const writer = distiller.open({
  side: 'canary',
  pod: 'web-1',
  container: 'web',
  kind: 'app',
  previous: false,
});
const descriptor = openSync(file, 'r');
const chunk = Buffer.alloc(262_144);
let bytes = 0;
for (let n = readSync(descriptor, chunk); n > 0; n = readSync(descriptor, chunk)) {
  bytes += n;
  writer.write(chunk.subarray(0, n));
}
closeSync(descriptor);
writer.end();
const { templates } = distiller.result();
const { user, system } = process.cpuUsage(before);
const residentMB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(
  JSON.stringify({ bytes, cpuSeconds: (user + system) / 1e6, templates: templates.length, residentMB }),
);

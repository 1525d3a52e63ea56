import { SOURCE, tableOf } from './convert.ts';

if (process.argv[2] === '--source') process.stdout.write(`${SOURCE}\n`);
else {
  let toml = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) toml += chunk;
  process.stdout.write(tableOf(toml));
}

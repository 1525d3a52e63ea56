/** The canary app as a process: `COLOR` is what it paints, `PORT` where it listens, 8080 when unset. */
import { colourOf, createApp } from './server.ts';

const { COLOR = 'blue', PORT = '8080' } = process.env;
const write = (line: string): void => void process.stdout.write(`${line}\n`);

const colour = colourOf(COLOR);
const server = createApp({ colour, random: Math.random, write });
server.listen(Number(PORT), () =>
  write(
    JSON.stringify({ time: new Date().toISOString(), level: 'info', msg: 'listening', colour, port: PORT }),
  ),
);

process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'canary-analysis/bench-distill',
);

/** A program that mines the templates of a file and prints bytes, CPU seconds and templates as JSON. */
export interface Peer {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** The same seven masks for both, in this order: pattern and placeholder. */
const MASKS: readonly (readonly [string, string])[] = [
  [String.raw`\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?`, 'ts'],
  ['[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'uuid'],
  [String.raw`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?`, 'ip'],
  [String.raw`\b(?:0x)?[0-9a-f]{16,}\b`, 'hex'],
  [String.raw`\b\d+(?:\.\d+)?(?:ns|us|ms|s)\b`, 'dur'],
  [String.raw`\b\d+(?:\.\d+)?(?:[KMG]i?)?B\b`, 'size'],
  [String.raw`\b\d+(?:\.\d+)?\b`, 'num'],
];

const PYTHON = `import json, sys, time, resource
from drain3 import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig
from drain3.masking import MaskingInstruction
import logging; logging.disable(logging.CRITICAL)
config = TemplateMinerConfig()
config.drain_depth, config.drain_sim_th, config.profiling_enabled = 4, 0.4, False
config.masking_instructions = [MaskingInstruction(p, n) for p, n in json.loads(sys.argv[2])]
miner, read = TemplateMiner(config=config), 0
began = time.process_time()
with open(sys.argv[1], 'rb') as log:
    for line in log:
        read += len(line)
        miner.add_log_message(line.decode('utf-8', 'replace').rstrip('\\n'))
took = time.process_time() - began
print(json.dumps({'bytes': read, 'cpuSeconds': took, 'templates': len(miner.drain.clusters),
                  'residentMB': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
`;

const CARGO = `[package]
name = "drain-peer"
version = "0.1.0"
edition = "2021"
[dependencies]
logdrain = "=0.3.2"
libc = "0.2"
[profile.release]
opt-level = 3
`;

const RUST = `use logdrain::{Mask, MinerBuilder};
use std::io::BufRead;
fn usage() -> libc::rusage {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    usage
}
fn cpu() -> f64 {
    let u = usage();
    (u.ru_utime.tv_sec + u.ru_stime.tv_sec) as f64 + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) as f64 / 1e6
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let masks: Vec<Mask> = args[2..].chunks(2).map(|m| Mask::new(&m[0], &format!("<{}>", m[1])).unwrap()).collect();
    let miner = MinerBuilder::new().depth(4).sim_threshold(0.4).masks(masks).build().unwrap();
    let began = cpu();
    let mut log = std::io::BufReader::with_capacity(1 << 18, std::fs::File::open(&args[1]).unwrap());
    let (mut line, mut read) = (Vec::new(), 0usize);
    loop {
        line.clear();
        let n = log.read_until(b'\\n', &mut line).unwrap();
        if n == 0 { break; }
        read += n;
        miner.add(String::from_utf8_lossy(&line).trim_end());
    }
    let took = cpu() - began;
    println!("{{\\"bytes\\":{},\\"cpuSeconds\\":{},\\"templates\\":{},\\"residentMB\\":{}}}", read, took, miner.len(), usage().ru_maxrss as f64 / 1024.0);
}
`;

/** Makes the peers that can be made here; the others are told to `say` with what is missing. */
export async function makePeers(say: (line: string) => void): Promise<Peer[]> {
  await mkdir(CACHE, { recursive: true });
  const made = await Promise.all(
    [python, rust].map((make) =>
      make().catch((error: unknown) => {
        say(`left out: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
        return undefined;
      }),
    ),
  );
  return made.filter((peer) => peer !== undefined);
}

async function python(): Promise<Peer> {
  const libraries = join(CACHE, 'drain3-0.9.11');
  if (!existsSync(join(libraries, 'drain3')))
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', libraries, 'drain3==0.9.11']);
  const script = join(libraries, 'peer.py');
  await writeFile(script, PYTHON);
  return { name: 'Python drain3 0.9.11', command: 'python3', args: [script, 'FILE', JSON.stringify(MASKS)] };
}

async function rust(): Promise<Peer> {
  const project = join(CACHE, 'logdrain-0.3.2');
  await mkdir(join(project, 'src'), { recursive: true });
  await writeFile(join(project, 'Cargo.toml'), CARGO);
  await writeFile(join(project, 'src/main.rs'), RUST);
  await run('cargo', ['build', '--quiet', '--release', '--manifest-path', join(project, 'Cargo.toml')]);
  const command = join(project, 'target/release/drain-peer');
  return { name: 'Rust logdrain 0.3.2', command, args: ['FILE', ...MASKS.flat()] };
}

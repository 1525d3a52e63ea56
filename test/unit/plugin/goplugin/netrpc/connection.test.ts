import { expect } from 'chai';
import * as fc from 'fast-check';
import { GobDecoder } from '../../../../../plugin/goplugin/gob/decoder.ts';
import { GobEncoder } from '../../../../../plugin/goplugin/gob/encoder.ts';
import { BOOL, STRING } from '../../../../../plugin/goplugin/gob/schema.ts';
import { RpcConnection, type RpcMethod } from '../../../../../plugin/goplugin/netrpc/connection.ts';
import { REQUEST } from '../../../../../plugin/goplugin/netrpc/messages.ts';
import { cutAt, cuts } from '../chunks.ts';

interface Reply {
  readonly ServiceMethod?: string;
  readonly Seq?: number;
  readonly Error?: string;
  readonly body: unknown;
}

/** A connection with the service `Echo`, driven from outside; `gates` holds back the calls of `Echo.Later`. */
class Server {
  readonly replies: Reply[] = [];
  readonly writes: Buffer[] = [];
  readonly fatal: unknown[] = [];
  readonly gates = new Map<string, () => void>();
  readonly connection: RpcConnection;

  constructor(extra: Readonly<Record<string, RpcMethod>> = {}) {
    let header: Omit<Reply, 'body'> | undefined;
    const decoder = new GobDecoder((value) => {
      if (header === undefined) {
        header = value as Omit<Reply, 'body'>;
      } else {
        this.replies.push({ ...header, body: value });
        header = undefined;
      }
    });
    const methods: Record<string, RpcMethod> = {
      Now: { reply: STRING, handle: (argument) => argument },
      Later: {
        reply: STRING,
        handle: (argument) =>
          new Promise((resolve) => this.gates.set(String(argument), () => resolve(argument))),
      },
      Throws: {
        reply: STRING,
        handle: () => {
          throw new Error('thrown');
        },
      },
      Rejects: { reply: STRING, handle: () => Promise.reject(new Error('')) },
      Lies: { reply: STRING, handle: () => 42 },
      ...extra,
    };
    this.connection = new RpcConnection({
      services: new Map([['Echo', new Map(Object.entries(methods))]]),
      write: (bytes) => {
        this.writes.push(Buffer.from(bytes));
        decoder.push(bytes);
      },
      fatal: (error) => this.fatal.push(error),
    });
  }
}

function requests(...calls: readonly (readonly [method: string, argument: string])[]): Buffer {
  const encoder = new GobEncoder();
  calls.forEach(([ServiceMethod, argument], Seq) => {
    encoder.append(REQUEST, { ServiceMethod, Seq });
    encoder.append(STRING, argument);
  });
  return encoder.take();
}

describe('a net/rpc connection', () => {
  it('answers each call, however the requests are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 20 }), cuts, (texts, points) => {
        const server = new Server();
        const bytes = requests(...texts.map((text) => ['Echo.Now', text] as const));
        for (const piece of cutAt(bytes, points)) server.connection.receive(piece);
        expect(server.replies.map((reply) => [reply.Seq ?? 0, reply.body])).to.deep.equal(
          texts.map((text, seq) => [seq, text]),
        );
      }),
    );
  });

  it('runs calls concurrently and answers in the order in which they finish, header and body in one write', async () => {
    const server = new Server();
    server.connection.receive(requests(['Echo.Later', 'a'], ['Echo.Later', 'b'], ['Echo.Now', 'c']));
    expect(server.connection.inFlight).to.equal(2);
    server.gates.get('b')?.();
    server.gates.get('a')?.();
    await server.connection.idle();
    expect(server.replies.map((reply) => reply.body)).to.deep.equal(['c', 'b', 'a']);
    expect(server.replies.map((reply) => reply.Seq ?? 0)).to.deep.equal([2, 1, 0]);
    expect(server.writes).to.have.length(3);
  });

  for (const [what, method, error] of [
    ['an unknown method', 'Echo.Nope', "rpc: can't find method Echo.Nope"],
    ['an unknown service', 'Nope.Now', "rpc: can't find service Nope.Now"],
    ['a name without a service', 'Now', 'rpc: service/method request ill-formed: Now'],
    ['no name', '', 'rpc: service/method request ill-formed: '],
    ['a name of Object.prototype', 'Echo.constructor', "rpc: can't find method Echo.constructor"],
    ['a handler that throws', 'Echo.Throws', 'thrown'],
    ['a handler that rejects without a message', 'Echo.Rejects', 'the call failed without a message'],
  ] as const) {
    it(`answers ${what} with an error of that call and goes on`, async () => {
      const server = new Server();
      server.connection.receive(requests([method, 'x'], ['Echo.Now', 'after']));
      await server.connection.idle();
      const [failed, after] = [...server.replies].sort((a, b) => (a.Seq ?? 0) - (b.Seq ?? 0));
      expect(failed?.Error).to.equal(error);
      expect(failed?.body).to.deep.equal({});
      expect(after?.body).to.equal('after');
      expect(server.fatal).to.deep.equal([]);
    });
  }

  it('defines Response and the empty struct once, not once a reply', () => {
    const server = new Server();
    server.connection.receive(requests(['Echo.Nope', ''], ['Echo.Nope', ''], ['Echo.Nope', '']));
    const sizes = server.writes.map((write) => write.length);
    expect(sizes[1]).to.be.lessThan((sizes[0] ?? 0) - 40);
    expect(sizes[2]).to.equal(sizes[1]);
  });

  it('ends for good when a reply cannot be encoded, without writing half of it', () => {
    const server = new Server();
    server.connection.receive(requests(['Echo.Lies', ''], ['Echo.Now', 'x']));
    expect(server.fatal.map(String)).to.deep.equal(['CodedError: gob: a value that is not a string']);
    expect(server.writes).to.deep.equal([]);
  });

  it('ends for good when a request cannot be decoded', () => {
    const server = new Server();
    server.connection.receive(Buffer.from('05ff990101ff', 'hex'));
    server.connection.receive(requests(['Echo.Now', 'x']));
    expect(server.fatal).to.have.length(1);
    expect(server.replies).to.deep.equal([]);
  });

  it('ends for good when a request is no Request', () => {
    const server = new Server();
    const encoder = new GobEncoder();
    encoder.append(BOOL, true);
    server.connection.receive(encoder.take());
    expect(String(server.fatal[0])).to.match(/no struct/);
  });

  it('tells a method that its reply has been written, not when it failed', () => {
    const told: unknown[] = [];
    const server = new Server({
      Tell: { reply: STRING, handle: (argument) => argument, replied: (reply) => told.push(reply) },
    });
    server.connection.receive(requests(['Echo.Tell', 'x'], ['Echo.Throws', '']));
    expect(told).to.deep.equal(['x']);
  });
});

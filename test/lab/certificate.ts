import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  element,
  generalizedTime,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  unsignedInteger,
  utf8String,
} from './der.ts';

/** A serving certificate and its key, both PEM. */
export interface ServingCertificate {
  /** Leaf and authority in one: trusting it is enough to verify the server. */
  readonly cert: string;
  readonly key: string;
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const EXTENSION = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
};
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const DAY_MS = 86_400_000;

/**
 * Makes a self-signed ECDSA P-256 certificate (X.509 v3, RFC 5280) for `localhost`, `127.0.0.1` and `::1`,
 * valid from a day before `now` for ten years, as kube-apiserver makes its own when it is given none.
 */
export function selfSignedCertificate(commonName: string, now: Date): ServingCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  const name = sequence(setOf(sequence(objectIdentifier(COMMON_NAME), utf8String(commonName))));
  const toBeSigned = sequence(
    element(0xa0, unsignedInteger(Buffer.from([2]))),
    unsignedInteger(randomBytes(16)),
    algorithm,
    name,
    sequence(
      generalizedTime(new Date(now.getTime() - DAY_MS)),
      generalizedTime(new Date(now.getTime() + 3650 * DAY_MS)),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions())),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  return {
    cert: pem('CERTIFICATE', sequence(toBeSigned, algorithm, bitString(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(): Buffer[] {
  const loopback6 = Buffer.alloc(16);
  loopback6[15] = 1;
  const names = sequence(
    element(0x82, Buffer.from('localhost', 'latin1')),
    element(0x87, Buffer.from([127, 0, 0, 1])),
    element(0x87, loopback6),
  );
  const digitalSignatureAndCertSign = bitString(Buffer.from([0b1000_0100]), 2);
  return [
    extension(EXTENSION.basicConstraints, true, sequence(booleanTrue())),
    extension(EXTENSION.keyUsage, true, digitalSignatureAndCertSign),
    extension(EXTENSION.extendedKeyUsage, false, sequence(objectIdentifier(SERVER_AUTH))),
    extension(EXTENSION.subjectAltName, false, names),
  ];
}

function extension(identifier: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [booleanTrue()] : []), octetString(value));
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

import { ascii } from './bytes.ts';

/** What stands for the parts of a record that vary. */
export const TS = ascii('<ts>');
export const UUID = ascii('<uuid>');
export const IP = ascii('<ip>');
export const HEXADECIMAL = ascii('<hex>');
export const NUM = ascii('<num>');
export const DURATION = ascii('<dur>');
export const SIZE = ascii('<size>');
export const ID = ascii('<id>');
export const POD = ascii('<pod>');
export const EMAIL = ascii('<email>');
export const BINARY = ascii('<bin>');
export const OBJECT = new Uint8Array([0x7b, 0xe2, 0x80, 0xa6, 0x7d]);
export const QUERY = ascii('?<query>');

/** The version of the operator; package.json has the same. */
export const VERSION = '0.1.0';

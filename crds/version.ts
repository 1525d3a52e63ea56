/** The version of this project: of every program, as package.json has it. */
export const VERSION = '0.1.0';

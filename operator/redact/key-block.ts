/** Lines of a key that are taken for its body, at most. */
const MAX_LINES = 256;

/**
 * Knows the lines of a private key that is logged line by line: what is between its first and its last line is to be
 * dropped, for no line of it tells what it is.
 */
export class KeyBlock {
  #left = 0;

  /** True for a line that belongs to the key begun above. `line` is called when it may begin one, or is within one. */
  takes(endsInDashes: boolean, line: () => string): boolean {
    if (this.#left === 0 && !endsInDashes) return false;
    const text = line().trim();
    if (this.#left === 0) {
      if (/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----$/.test(text)) this.#left = MAX_LINES;
      return false;
    }
    this.#left -= 1;
    if (/-----END [A-Z0-9 ]{0,40}-----/.test(text)) this.#left = 0;
    else if (!isBody(text)) {
      this.#left = 0;
      return false;
    }
    return true;
  }
}

function isBody(text: string): boolean {
  const word = text.slice(text.search(/\S{0,128}$/));
  return (
    text === '' ||
    /^(?:Proc-Type|DEK-Info|Version|Comment): /.test(text) ||
    /^[A-Za-z0-9+/=]{1,128}$/.test(text) ||
    /^[A-Za-z0-9+/]{40,128}={0,2}$/.test(word)
  );
}

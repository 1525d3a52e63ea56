/** What was read of a body. */
export interface BodyText {
  readonly text: string;
  /** True when the body was longer than the limit and the rest was not read. */
  readonly truncated: boolean;
}

/** Reads a body as UTF-8 up to `maxBytes`; a longer one is let go of there. */
export async function readText(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<BodyText> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) {
      text += decoder.decode(chunk.subarray(0, chunk.length - (length - maxBytes)));
      return { text, truncated: true };
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode(), truncated: false };
}

/** The text without a secret that whoever received it may have put there; a secret too short to be one stays. */
export function withoutSecret(text: string, secret: string | undefined): string {
  return secret === undefined || secret.length < 8 ? text : text.replaceAll(secret, '<credential>');
}

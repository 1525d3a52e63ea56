/** An image as kustomize's `images` takes it. */
export interface ImageReference {
  readonly newName: string;
  readonly newTag?: string;
  readonly digest?: string;
}

/**
 * Reads `[REGISTRY[:PORT]/]NAME[:TAG][@DIGEST]` (the distribution specification's reference).
 * @throws Error that says what is wrong: no name, neither tag nor digest, or the tag `latest`.
 */
export function parseImage(text: string): ImageReference {
  const [, newName, newTag, digest] =
    /^((?:[\w.-]+(?::\d+)?\/)?[a-z0-9][a-z0-9._/-]*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    ) ?? [];
  if (newName === undefined)
    throw new Error(`${JSON.stringify(text)} is no image: want NAME:TAG or NAME@DIGEST`);
  if (newTag === undefined && digest === undefined)
    throw new Error(
      `${text} names neither tag nor digest, so what runs would change by itself: add :TAG or @DIGEST`,
    );
  if (newTag === 'latest' && digest === undefined)
    throw new Error(`${text} is whatever was pushed last: name a version or a digest`);
  // A digest alone decides; kustomize takes one of the two.
  return digest !== undefined
    ? { newName, digest }
    : { newName, ...(newTag === undefined ? {} : { newTag }) };
}

/** Why a path may not be written to; undefined when it may. */
export function pathProblem(path: string, allowed: readonly string[]): string | undefined {
  const parts = path.split('/');
  if (path === '' || path.length > 256) return 'is empty or longer than 256 characters';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\\:*?"<>|]/.test(path))
    return 'holds characters that are no part of a file name everywhere';
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(path)) return 'holds characters that do not show';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute';
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'leaves the tree or has empty parts';
  if (parts.some((part) => part !== part.trim() || part.endsWith('.')))
    return 'has parts that some systems read otherwise';
  if (parts.some((part) => /^\.?git$/i.test(part) || /^\.git(modules|attributes)$/i.test(part)))
    return 'is of Git itself';
  if (/^\.github$/i.test(parts[0] ?? '')) return "is of the repository's automation";
  if (!allowed.some((folder) => isUnder(path, folder))) {
    return "is under no folder of gitHub.pullRequestPaths in the operator's configuration";
  }
  return undefined;
}

/** `deploy` holds `deploy/web.yaml` and a file `deploy`; `.` holds everything. */
function isUnder(path: string, folder: string): boolean {
  const clean = folder.replace(/^\.\//, '').replace(/\/+$/, '');
  return clean === '' || clean === '.' || path === clean || path.startsWith(`${clean}/`);
}

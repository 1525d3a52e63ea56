import { spawnSync } from 'node:child_process';

const MOUNTS =
  'mount --bind "$0" "$0" && for one in tmp $WRITABLE; do mount --bind "$0/$one" "$0/$one" || exit 1; done && ' +
  'mount -o remount,bind,ro "$0" && exec ';

/** How to run a command as uid 999 in a folder that stands for an image's root: what comes before the folder and the command. */
export interface WayIntoRoot {
  readonly command: readonly string[];
  /** Whether all but `tmp`, and what the environment's `WRITABLE` names besides, is read-only there. */
  readonly isReadOnly: boolean;
}

const WAYS = [
  {
    isReadOnly: true,
    probe: ['unshare', '--mount', 'sh', '-c', 'mount --bind /tmp /tmp && chroot / true'],
    command: ['unshare', '--mount', 'sh', '-c', `${MOUNTS}chroot --userspec=999:999 --groups= "$0" "$@"`],
  },
  {
    isReadOnly: true,
    probe: ['unshare', '--user', '--map-root-user', '--mount', 'unshare', '--user', '--map-user=999', 'true'],
    command: [
      ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
      `${MOUNTS}unshare --user --map-user=999 --map-group=999 --root="$0" "$@"`,
    ],
  },
  {
    isReadOnly: false,
    probe: ['chroot', '/', 'true'],
    command: ['chroot', '--userspec=999:999', '--groups='],
  },
];

/** The best way that works here; undefined where there are neither root nor user namespaces, which chroot needs. */
export function wayIntoRoot(): WayIntoRoot | undefined {
  return WAYS.find(({ probe: [command = '', ...args] }) => spawnSync(command, args).status === 0);
}

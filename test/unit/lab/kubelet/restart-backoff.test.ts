import { expect } from 'chai';
import { argumentVector, expand } from '../../../lab/kubelet/images.ts';
import { goDuration, RestartBackoff } from '../../../lab/kubelet/restart-backoff.ts';

describe('restart back-off', () => {
  it('lets the first restart be at once, then doubles from 10 s to 5 min', () => {
    const backoff = new RestartBackoff();
    const waits = Array.from({ length: 8 }, () => backoff.next(0) / 1000);
    expect(waits).to.deep.equal([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('starts over after a run of more than twice the maximum', () => {
    const backoff = new RestartBackoff();
    backoff.next(0);
    backoff.next(0);
    expect(backoff.next(600_001)).to.equal(0);
  });

  it('is told as Go prints durations', () => {
    expect([500, 10_000, 80_000, 300_000].map(goDuration)).to.deep.equal(['500ms', '10s', '1m20s', '5m0s']);
  });
});

describe('what a container runs', () => {
  const environment = { NAME: 'x' };

  it('is its image, with args behind it', () => {
    expect(argumentVector(['node', 'server.js'], { args: ['--name', '$(NAME)'] }, environment)).to.deep.equal(
      [process.execPath, 'server.js', '--name', 'x'],
    );
  });

  it('is its command instead of the image where it has one', () => {
    expect(argumentVector(['node'], { command: ['sh', '-c'], args: ['true'] }, environment)).to.deep.equal([
      'sh',
      '-c',
      'true',
    ]);
  });

  it('keeps escaped and unknown references', () => {
    expect(expand('$(NAME) $$(NAME) $(OTHER)', environment)).to.equal('x $(NAME) $(OTHER)');
  });
});

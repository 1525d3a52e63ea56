import { expect } from 'chai';
import { analysis, canary, setWeight } from '../objects.ts';
import type { Scenario } from '../scenario.ts';

/** What people are told of on GitHub. */
export function reports(story: Scenario): void {
  story(
    'an aborted rollout has an issue and a pull request, and the retry that passes closes the issue',
    async (shop) => {
      const { stage, namespace } = shop;
      const repository = stage.gitHub.addRepository(`acme/${namespace}`);
      const gitHub = { url: `https://github.com/acme/${namespace}`, pullRequest: true };
      await shop.template('check', { observation: { waitSeconds: 12 }, gitHub });
      await shop.begin(canary([setWeight(34), analysis('check')]));
      shop.sendTraffic();
      await shop.ship({ version: 'v2', fault: 'orders' });
      await shop.untilPhase('Degraded');
      const aborted = await shop.untilAnalysis(
        'has both links',
        ({ status }) => status?.pullRequestURL !== undefined,
      );
      const [issueURL, pullRequestURL] = [
        `${stage.gitHub.url}/acme/${namespace}/issues/1`,
        `${stage.gitHub.url}/acme/${namespace}/pull/2`,
      ];
      expect(aborted.status).to.include({ verdict: 'Abort', issueURL, pullRequestURL, link: pullRequestURL });
      const links = ['get', 'canaryanalyses', '--namespace', namespace];
      expect(await stage.lab.kubectl(links))
        .to.match(/^NAME +VERDICT .* LINK +AGE$/m)
        .and.contain(` ${pullRequestURL} `);
      expect(await stage.lab.kubectl([...links, '--output=wide'])).to.match(
        new RegExp(` ${issueURL} +${pullRequestURL} `),
      );

      await shop.template('check', { observation: { waitSeconds: 40 }, gitHub });
      await shop.ship({ version: 'v2' });
      await shop.untilPhase('Healthy');
      const promoted = (await shop.analyses()).find(({ status }) => status?.verdict === 'Promote');
      const closing = await shop.untilAnalysis(
        'has closed the issue',
        ({ status }) => (status?.conditions ?? []).some(({ reason }) => reason === 'IssuesClosed'),
        promoted,
      );
      expect(closing.status).to.include({ issueURL, link: issueURL });
      expect(repository.issues).to.have.lengthOf(1);
      expect(repository.issues[0]).to.include({ state: 'closed' });
      expect(repository.pulls).to.have.lengthOf(1);
      expect(stage.gitHub.violations).to.deep.equal([]);
    },
  );
}

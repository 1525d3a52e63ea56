import { expect } from 'chai';
import { analysis, canary, setWeight } from '../../../lab/rollouts/objects.ts';
import type { AddScenario } from '../scenario-group.ts';

/** What people are told of on GitHub. */
export function reports(scenario: AddScenario): void {
  scenario(
    'an aborted rollout has an issue and a pull request, and the retry that passes closes the issue',
    async (workload) => {
      const { environment, namespace } = workload;
      const repository = environment.gitHub.addRepository(`acme/${namespace}`);
      const gitHub = { url: `https://github.com/acme/${namespace}`, pullRequest: true };
      await workload.template('check', { observation: { waitSeconds: 30 }, gitHub });
      await workload.deploy(canary([setWeight(34), analysis('check')]));
      workload.sendTraffic();
      await workload.ship({ version: 'v2', fault: 'orders' });
      await workload.untilPhase('Degraded');
      const aborted = await workload.untilAnalysis(
        'has both links',
        ({ status }) => status?.pullRequestURL !== undefined,
      );
      const [issueURL, pullRequestURL] = [
        `https://github.com/acme/${namespace}/issues/1`,
        `https://github.com/acme/${namespace}/pull/2`,
      ];
      expect(aborted.status).to.include({ verdict: 'Abort', issueURL, pullRequestURL, link: pullRequestURL });
      const links = ['get', 'canaryanalyses', '--namespace', namespace];
      expect(await environment.lab.kubectl(links))
        .to.match(/^NAME +VERDICT .* LINK +AGE$/m)
        .and.contain(` ${pullRequestURL} `);
      expect(await environment.lab.kubectl([...links, '--output=wide'])).to.match(
        new RegExp(` ${issueURL} +${pullRequestURL} `),
      );

      await workload.template('check', { observation: { waitSeconds: 40 }, gitHub });
      await workload.ship({ version: 'v2' });
      await workload.untilPhase('Healthy');
      const promoted = (await workload.analyses()).find(({ status }) => status?.verdict === 'Promote');
      const closing = await workload.untilAnalysis(
        'has closed the issue',
        ({ status }) => (status?.conditions ?? []).some(({ reason }) => reason === 'IssuesClosed'),
        promoted,
      );
      expect(closing.status).to.include({ issueURL, link: issueURL });
      expect(repository.issues).to.have.lengthOf(1);
      expect(repository.issues[0]).to.include({ state: 'closed' });
      expect(repository.pulls).to.have.lengthOf(1);
      expect(environment.gitHub.violations).to.deep.equal([]);
    },
  );
}
